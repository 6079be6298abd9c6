import { serve } from '@gongdan/messaging';
import { sla } from './sla.module.js';

await serve(sla);
