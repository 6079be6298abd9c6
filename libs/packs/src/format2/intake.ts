import { z } from 'zod';
import { Intake as Intake1 } from '../intake.js';
import { Plan } from '../plans/plan.js';

/** How tickets come in (pack part `intake`): as in format 1, and by plans. */
export const Intake = Intake1.extend({ plans: z.array(Plan).optional() });
export type Intake = z.infer<typeof Intake>;
