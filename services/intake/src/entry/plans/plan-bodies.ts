import { z } from 'zod';

const names = z.object({ 'zh-CN': z.string(), en: z.string() });
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item)]);

export const PlanAnswer = z
  .object({
    pack: z.object({ key: z.string(), version: z.number().int() }),
    key: z.string(),
    names,
    recurrence: z
      .object({
        every: z.string(),
        on: oneOrMore(z.union([z.number().int(), z.string()])).optional(),
        at: oneOrMore(z.string()),
        workingDays: z.enum(['only', 'next', 'previous']).optional(),
        from: z.string().optional(),
        to: z.string().optional(),
        except: z.array(z.string()).optional(),
      })
      .describe('As the pack has it'),
    next: z.array(z.iso.datetime()).describe('The next three occurrences'),
    last: z
      .array(
        z.object({
          id: z.uuid(),
          number: z.string(),
          occurrence: z.iso.datetime().describe('The instant for which it was registered'),
          registeredAt: z.iso.datetime(),
        }),
      )
      .describe('The three newest of the last hundred tickets that the caller may see, whichever version of the pack registered them'),
    skipped: z
      .object({ count: z.number().int(), until: z.iso.datetime() })
      .nullable()
      .describe('Occurrences of this version that were missed in an outage and skipped, and the newest of them'),
    failing: z
      .object({
        times: z.number().int(),
        retryAt: z.iso.datetime().nullable(),
        code: z
          .string()
          .optional()
          .describe(
            'What is wrong with the ticket at this moment; absent when nothing is wrong with it any more, or something else failed',
          ),
        errors: z
          .array(z.object({ pointer: z.string(), detail: z.string() }))
          .optional()
          .describe('Where in the pack'),
      })
      .nullable()
      .describe('The ticket that is due could not be registered; it is tried again'),
  })
  .meta({
    id: 'Plan',
    examples: [
      {
        pack: { key: 'p24-property-patrols', version: 1 },
        key: 'monday-check',
        names: { 'zh-CN': '周一检查', en: 'Monday check' },
        recurrence: { every: 'week', on: 'mon', at: '10:30' },
        next: ['2026-03-09T02:30:00.000Z', '2026-03-16T02:30:00.000Z', '2026-03-23T02:30:00.000Z'],
        last: [
          {
            id: '01890a5d-ac96-774b-bcce-b302099a8057',
            number: 'WY20260300001',
            occurrence: '2026-03-02T02:30:00.000Z',
            registeredAt: '2026-03-02T02:30:00.412Z',
          },
        ],
        skipped: null,
        failing: null,
      },
    ],
  });

export const PlanList = z.object({ items: z.array(PlanAnswer) }).meta({ id: 'PlanList' });

export const OccurrencesQuery = z.strictObject({
  after: z.iso.datetime({ offset: true }).optional().describe('Occurrences after this instant; now by default'),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});

export const OccurrenceList = z
  .object({ items: z.array(z.iso.datetime()) })
  .meta({ id: 'OccurrenceList', examples: [{ items: ['2026-03-09T02:30:00.000Z', '2026-03-16T02:30:00.000Z'] }] });
