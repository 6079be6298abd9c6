import { int, serviceConfig } from '@gongdan/platform';

export const readConfig = serviceConfig('intake', { IMPORT_MAX_MB: int(512) });
export type IntakeConfig = ReturnType<typeof readConfig>;
