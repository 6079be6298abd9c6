import { serve } from '@gongdan/messaging';
import { notify } from './notify.module.js';

await serve(notify);
