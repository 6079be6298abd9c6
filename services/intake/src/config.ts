import { int, serviceConfig } from '@gongdan/platform';

export const readConfig = serviceConfig('intake', { IMPORT_MAX_MB: int(512), STATUS_TRIES_PER_ADDRESS: int(50) });
export type IntakeConfig = ReturnType<typeof readConfig>;
