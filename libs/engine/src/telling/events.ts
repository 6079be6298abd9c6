import { dispatch, type EventType } from '@gongdan/contracts';

/** Every event that a decision can tell, by its name. */
export const eventsByName: ReadonlyMap<string, EventType<string, unknown>> = new Map(
  dispatch.CASE_EVENTS.map((event) => [event.name as string, event as unknown as EventType<string, unknown>]),
);
