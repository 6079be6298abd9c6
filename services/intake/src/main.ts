import { serve } from '@gongdan/messaging';
import { intake } from './intake.module.js';

await serve(intake);
