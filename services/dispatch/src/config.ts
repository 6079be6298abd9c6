import { int, serviceConfig } from '@gongdan/platform';

/** Settings of dispatch beside those of every service. The quotas hold per organisation. */
export const readConfig = serviceConfig('dispatch', { PACK_QUOTA_VERSIONS: int(1_000), PACK_QUOTA_MB: int(100) });

export type DispatchConfig = ReturnType<typeof readConfig>;
