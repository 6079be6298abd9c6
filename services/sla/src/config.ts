import { serviceConfig } from '@gongdan/platform';

export const readConfig = serviceConfig('sla', {});
