import { z } from 'zod';

/** Dotted names of an event's data with the values they must have, or `{exists: true}`. */
export const ConditionRow = z.record(
  z.string(),
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.strictObject({ exists: z.boolean() }),
    z.array(z.union([z.string(), z.number(), z.boolean()])),
  ]),
);
