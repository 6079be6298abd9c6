import { serve } from '@gongdan/messaging';
import { reporting } from './reporting.module.js';

await serve(reporting);
