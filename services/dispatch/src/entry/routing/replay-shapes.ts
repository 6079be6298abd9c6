import { Routing } from '@gongdan/packs/format2';
import { line } from '@gongdan/platform';
import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

/** The position behind which a page begins. */
export const ReplayCursor = z.tuple([z.uuid(), z.number().int().min(0)]);
export const MOST_OF_A_PAGE = 5_000;

export const ReplayBody = z
  .strictObject({
    pack: line(60).meta({ description: 'Key of the pack whose past decisions are judged' }),
    routing: Routing.meta({ description: 'The part `routing` of a draft of this pack' }),
    from: instant.optional().meta({ description: 'Decisions from this instant on' }),
    to: instant.optional().meta({ description: 'Decisions before this instant' }),
    limit: z.number().int().min(1).max(MOST_OF_A_PAGE).default(1_000).meta({ description: 'How many decisions a page looks at' }),
    cursor: z.string().max(200).optional(),
  })
  .meta({
    id: 'ReplayBody',
    examples: [
      {
        pack: 'starter',
        routing: {
          tables: {
            main: {
              rules: [{ key: 'refunds', when: { 'class.categories': 'billing' }, holder: { unit: 'refunds' } }],
              fallback: { unit: 'front-desk' },
            },
          },
        },
        from: '2026-03-01T00:00:00.000Z',
      },
    ],
  });

const outcome = z.object({
  rule: z.string().optional(),
  unit: z.string().optional(),
  role: z.string().optional(),
  person: z.string().optional(),
  somebody: z.literal(true).optional().meta({ description: 'A person of the unit would be picked; the record does not tell whom' }),
});
const item = z.object({
  ticketId: z.uuid(),
  number: z.string(),
  no: z.number().meta({ description: 'Number of the decision; see GET /v1/cases/{ticketId}/decisions/{no}' }),
  at: z.iso.datetime({ precision: 3 }),
  table: z.string(),
  pack: z.object({ key: z.string(), version: z.number() }),
  verdict: z.enum(['moved', 'undecidable']),
  was: outcome.meta({ description: 'Who got the task; empty: nobody' }),
  would: outcome.optional().meta({ description: 'Who would have got it; empty: nobody. Absent when it cannot be said' }),
  facts: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'The facts of the row of then and of the row of the draft; null: absent' }),
  missing: z.array(z.string()).optional().meta({ description: 'What the draft asks and the record does not tell' }),
});
const total = z.object({
  table: z.string(),
  rule: z.string().meta({ description: 'Row of the table, `fallback`, or `-` for nobody' }),
  before: z.number(),
  after: z.number(),
  moved: z.number().meta({ description: 'Of those before: they would have gone elsewhere' }),
  undecidable: z.number().meta({ description: 'Of those before: the record does not tell' }),
});
export const ReplayAnswer = z
  .object({
    judged: z.number(),
    withoutTable: z.number().meta({ description: 'Decisions of a table that the draft does not have' }),
    items: z.array(item).meta({ description: 'What would have gone elsewhere, and what cannot be said' }),
    rules: z.array(total).meta({ description: 'Totals of this page' }),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last page' }),
  })
  .meta({
    id: 'Replay',
    examples: [
      {
        judged: 1,
        withoutTable: 0,
        items: [
          {
            ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10',
            number: 'GD202603000001',
            no: 1,
            at: '2026-03-02T01:00:00.120Z',
            table: 'main',
            pack: { key: 'starter', version: 3 },
            verdict: 'moved',
            was: { rule: 'billing', unit: 'billing' },
            would: { rule: 'refunds', unit: 'refunds' },
            facts: { 'class.categories': ['billing.refund', 'billing'] },
          },
        ],
        rules: [
          { table: 'main', rule: 'billing', before: 1, after: 0, moved: 1, undecidable: 0 },
          { table: 'main', rule: 'refunds', before: 0, after: 1, moved: 0, undecidable: 0 },
        ],
        next: null,
      },
    ],
  });
