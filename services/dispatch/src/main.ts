import { serve } from '@gongdan/messaging';
import { dispatch } from './dispatch.module.js';

await serve(dispatch);
