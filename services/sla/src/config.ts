import { int, serviceConfig } from '@gongdan/platform';

export const readConfig = serviceConfig('sla', {
  /**
   * How long a due point waits for events that have not been applied, counted only while its partition is read to its end. Then it fires, and a breach
   * is marked `unheard`: sla decided without the events recorded before the due instant, so a stop in time may still arrive.
   */
  UNHEARD_WAIT_MS: int(600_000),
});

export type SlaConfig = ReturnType<typeof readConfig>;
