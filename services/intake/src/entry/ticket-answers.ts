import { z } from 'zod';
import { PUBLIC_STATES } from '../domain/public-status.js';

const ticketPack = z.object({ key: z.string(), version: z.number().int() });
const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

export const RegisteredAnswer = z
  .object({
    id: z.uuid(),
    number: z.string(),
    state: z.string().describe('`registered`; a repeated external key shows the state of today'),
    version: z.number().int(),
    registeredAt: z.iso.datetime(),
    pack: ticketPack,
    priority: z.string(),
  })
  .meta({
    id: 'RegisteredAnswer',
    examples: [
      {
        id: ID,
        number: 'GD202603000001',
        state: 'registered',
        version: 1,
        registeredAt: '2026-03-02T01:00:00.000Z',
        pack: { key: 'starter', version: 1 },
        priority: 'normal',
      },
    ],
  });

export const TicketAnswer = z
  .object({
    id: z.uuid(),
    number: z.string(),
    version: z.number().int().describe('The ETag: it rises with each correction and each event of the case'),
    state: z.enum(['registered', 'taken', 'withdrawn', 'closed']).describe('Only a registered ticket may be corrected'),
    case: z
      .object({ state: z.string(), unit: z.string().nullable(), at: z.iso.datetime() })
      .nullable()
      .describe('Where the case stands; null until dispatch has published something about it'),
    pack: ticketPack,
    channel: z.string(),
    type: z.string(),
    category: z.string(),
    item: z.string().nullable(),
    urgency: z.string().nullable(),
    impact: z.string().nullable(),
    priority: z.string(),
    title: z.string(),
    description: z.string(),
    language: z.string(),
    place: z
      .object({
        address: z.string().optional(),
        area: z.string().optional(),
        latitude: z.number().optional(),
        longitude: z.number().optional(),
      })
      .nullable(),
    unit: z.string().nullable(),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
    contact: z
      .object({ name: z.string().optional(), phone: z.string().optional(), email: z.string().optional() })
      .nullable()
      .describe('Masked'),
    source: z.string().nullable(),
    externalKey: z.string().nullable(),
    registeredAt: z.iso.datetime(),
    registeredBy: z.string(),
    plan: z
      .object({ key: z.string(), occurrence: z.iso.datetime() })
      .nullable()
      .describe('The recurring plan that registered it, and the instant for which it did'),
  })
  .meta({
    id: 'Ticket',
    examples: [
      {
        id: ID,
        number: 'GD202603000001',
        version: 2,
        state: 'registered',
        case: { state: 'dispatched', unit: 'network', at: '2026-03-02T01:00:01.000Z' },
        pack: { key: 'starter', version: 1 },
        channel: 'phone',
        type: 'complaint',
        category: 'network',
        item: null,
        urgency: null,
        impact: null,
        priority: 'normal',
        title: '家里断网',
        description: '周一开始',
        language: 'zh-CN',
        place: null,
        unit: null,
        attributes: null,
        contact: { name: '李*', phone: '138****5678' },
        source: null,
        externalKey: null,
        registeredAt: '2026-03-02T01:00:00.000Z',
        registeredBy: 'li-lei',
        plan: null,
      },
    ],
  });

export const TicketList = z
  .object({ items: z.array(TicketAnswer), next: z.string().nullable().describe('Cursor of the next page; null after the last one') })
  .meta({ id: 'TicketList' });

export const StatusAnswer = z
  .object({
    number: z.string(),
    state: z.enum(PUBLIC_STATES),
    registeredAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
  })
  .meta({
    id: 'PublicStatus',
    examples: [
      { number: 'GD202603000001', state: 'accepted', registeredAt: '2026-03-02T01:00:00.000Z', changedAt: '2026-03-02T01:20:00.000Z' },
    ],
  });
