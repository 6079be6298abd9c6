import { zoneInput } from '@gongdan/platform';
import { z } from 'zod';
import { LEDGER_DIMENSIONS } from '../domain/ledger.js';
import { bound, freshness, whole, word } from './shapes.js';

export const LedgerQuery = z.strictObject({
  account: word.optional().meta({ description: 'Account of the pack, such as `stock` or `work-hours`.' }),
  item: word.optional().meta({ description: 'What was counted: a part, a worker, a driver.' }),
  unit: word.optional().meta({ description: 'Unit that had the case when the entry was made.' }),
  person: word.optional().meta({ description: 'Who made the entry.' }),
  from: bound.optional().meta({ description: 'Made at or after this instant.' }),
  to: bound.optional().meta({ description: 'Made before this instant.' }),
  by: z.enum(LEDGER_DIMENSIONS).default('item').meta({ description: 'What the entries of each account are summed by.' }),
  zone: zoneInput.min(1).optional().meta({
    description: 'IANA time zone in which months are counted; without it, that of the pack the organisation published last.',
  }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'Most sums in the answer: 1000 without it, and all of them in CSV.' }),
  format: z.enum(['json', 'csv']).default('json'),
});

const value = z.string().nullable().optional();
const LedgerSum = z
  .object({
    account: z.string(),
    item: value.meta({ description: 'With `by=item`; null for entries that name none.' }),
    person: value.meta({ description: 'With `by=person`.' }),
    unit: value.meta({ description: 'With `by=unit`; null for entries made while no unit had the case.' }),
    month: value.meta({ description: 'With `by=month`, such as 2026-03.' }),
    quantity: z.number().meta({ description: 'Sum of the quantities; what was taken out counts as negative.' }),
    entries: z.number().meta({ description: 'How many entries were summed.' }),
  })
  .meta({ id: 'LedgerSum' });

export const LedgerAnswer = z
  .object({
    by: z.enum(LEDGER_DIMENSIONS),
    zone: z.string().meta({ description: 'Zone in which months were counted.' }),
    ...freshness,
    groups: z.number().meta({ description: 'How many sums there are; more than `items` when the limit cut them.' }),
    items: z.array(LedgerSum).meta({ description: 'By account, the largest sum first; months in their order.' }),
  })
  .meta({
    id: 'LedgerAnswer',
    examples: [
      { by: 'item', zone: 'Asia/Shanghai', ...whole, groups: 1, items: [{ account: 'stock', item: 'P-100', quantity: 8, entries: 2 }] },
    ],
  });
