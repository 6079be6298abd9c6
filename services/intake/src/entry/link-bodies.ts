import { z } from 'zod';
import { KIND, LONGEST_KIND } from '../domain/links.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const OTHER = '01890a5d-ac96-774b-bcce-b302099a8058';

export const LinkBody = z
  .strictObject({
    kind: z
      .string()
      .max(LONGEST_KIND)
      .regex(KIND, 'must be a word such as child or second-dispatch')
      .describe('What this ticket is to the other one'),
    to: z.uuid().toLowerCase().describe('Id of the other ticket'),
  })
  .meta({ id: 'LinkBody', examples: [{ kind: 'incident', to: OTHER }] });

export const LinkAnswer = z
  .object({
    id: z.uuid(),
    kind: z.string().describe('What the ticket at the beginning of the link is to the other one'),
    as: z.string().describe('What the other ticket is to this one, the word of `links.…` in packs'),
    ticket: z.object({ id: z.uuid(), number: z.string(), title: z.string(), state: z.string() }).describe('The other ticket'),
    by: z.string(),
    at: z.iso.datetime(),
  })
  .meta({
    id: 'Link',
    examples: [
      {
        id: ID,
        kind: 'incident',
        as: 'incident-of',
        ticket: { id: OTHER, number: 'GD202603000002', title: '支付失败', state: 'taken' },
        by: 'an',
        at: '2026-03-02T01:00:00.000Z',
      },
    ],
  });

export const LinkList = z.object({ items: z.array(LinkAnswer), next: z.string().nullable() }).meta({ id: 'LinkList' });

export const LinkQuery = z.strictObject({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
