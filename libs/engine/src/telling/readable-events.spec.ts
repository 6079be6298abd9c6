import { dispatch } from '@gongdan/contracts';
import { type Action, type Effect, type FormField, type PackFormat2, type Says } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { act, code, n, open, packWith } from '../laws/small-pack.suite.js';

// A consumer parks an event that it cannot read, and with it all later events of the ticket.

const x = (length: number): string => 'x'.repeat(length);
const fact = (name: string): { fact: string } => ({ fact: `input.${name}` });
const field = (type: FormField['type'], more: object = {}): FormField => ({ names: n('field'), type, ...more }) as FormField;
const text = field('text', { max: 50_000 });
const parts = field('table', { columns: { part: field('text'), pieces: field('number') }, ledger: { account: 'parts', item: 'part', quantity: 'pieces' } }); // prettier-ignore

const hours = field('number', { ledger: { account: 'hours' } });

const packOf = (fields: Record<string, FormField>, does: Effect[], says?: Says): PackFormat2 => ({
  ...packWith({ actions: { tell: { form: 'told', do: does, says } } as Record<string, Partial<Action>> }),
  forms: { told: { fields } },
});

type Told = Record<string, unknown>;
interface Case {
  fields?: Record<string, FormField>;
  does?: Effect[];
  says?: Says;
  input: Record<string, unknown>;
}
const done = ({ fields, does = [], says, input }: Case): ReturnType<typeof act> => {
  const p = packOf(fields ?? Object.fromEntries(Object.keys(input).map((name) => [name, text])), does, says);
  return act(p, open(p), 'ann', { action: 'tell', input });
};

const wrongIn = (decided: ReturnType<typeof act>): unknown[] =>
  decided.events.flatMap(({ name, data }) => dispatch.CASE_EVENTS.find((t) => t.name === name)?.schema.safeParse(data).error?.issues ?? []);

describe('what an event cannot carry', () => {
  it.each<[string, Case]>([
    ['an outcome that is no word', { says: 'resolved', input: { outcome: x(121) } }],
    ['a long answer', { says: 'replied', input: { text: x(20_001) } }],
    ['a long solution', { says: 'resolved', input: { solution: x(20_001) } }],
    ['a long reason', { does: [{ go: 'dropped' }], input: { reason: x(2_001) } }],
    ['long evidence', { says: 'returned', input: { evidence: x(2_001) } }],
    ['a long class of a fault', { says: 'judged', input: { faultClass: x(121) } }],
    ['a long title', { does: [{ set: { 'ticket.title': fact('heading') } }], input: { heading: x(301) } }],
    ['a title that is no text', { fields: { fits: field('boolean') }, does: [{ set: { 'ticket.title': fact('fits') } }], input: { fits: true } }],
    ['a blank title', { does: [{ set: { 'ticket.title': fact('heading') } }], input: { heading: ' ' } }],
    ['a long description', { does: [{ set: { 'ticket.description': fact('story') } }], input: { story: x(20_001) } }],
    ['a long address', { does: [{ set: { 'ticket.place.address': fact('where') } }], input: { where: x(501) } }],
    ['a latitude beyond the pole', { fields: { north: field('number') }, does: [{ set: { 'ticket.place.latitude': fact('north') } }], input: { north: 91 } }],
    ['more entries of the ledger than an event has', { fields: { hours, parts }, input: { parts: Array.from({ length: 1_000 }, () => ({ part: 'a', pieces: 1 })), hours: 1 } }],
    ['a long item of the ledger', { fields: { parts }, input: { parts: [{ part: x(121), pieces: 1 }] } }],
  ])('is refused with the place: %s', (_, given) => {
    const [name = ''] = Object.keys(given.input);
    expect(code(() => done(given))).toBe('dispatch/invalid-fields');
    expect(() => done(given)).toThrow(expect.objectContaining({ violations: [expect.objectContaining({ pointer: expect.stringMatching(`^/${name}`) as unknown })] })); // prettier-ignore
  }); // prettier-ignore

  it.each<[string, Case]>([
    ['an empty outcome', { says: 'resolved', input: { outcome: '' } }],
    ['an outcome that was set from a long text', { does: [{ set: { outcome: fact('story') } }, { go: 'closed' }], input: { story: x(200) } }],
    ['a class of a fault that was set from a long text', { does: [{ set: { faultClass: fact('story') } }], says: 'judged', input: { story: x(200) } }],
    ['an empty item of the ledger', { fields: { parts }, input: { parts: [{ part: '', pieces: 1 }] } }],
  ])('is left out: %s', (_, given) => {
    expect(wrongIn(done(given))).toEqual([]);
  }); // prettier-ignore

  it.each<[string, Case]>([
    ['the longest texts', { says: 'resolved', does: [{ go: 'closed' }], input: { outcome: x(120), solution: x(20_000), reason: x(2_000) } }],
    ['a correction', { does: [{ set: { 'ticket.title': fact('heading'), 'ticket.place.area': fact('area') } }], says: 'corrected', input: { heading: x(300), area: x(120) } }],
    ['an item of the ledger', { fields: { parts }, input: { parts: [{ part: x(120), pieces: 2 }] } }],
  ])('begins behind %s', (_, given) => {
    expect(wrongIn(done(given))).toEqual([]);
  }); // prettier-ignore
});

describe('the longest names', () => {
  it('of a step and of its personal field fit into the event about a side task', () => {
    const [step, name] = ['s'.repeat(60), 'f'.repeat(60)];
    const p = {
      ...packWith({
        steps: { [step]: { side: true, holder: { unit: 'east' } } },
        actions: {
          ask: { do: [{ open: { group: 'asked', tasks: [{ step }] } }] },
          answer: { on: step, by: 'unit', form: 'told', do: [{ end: 'answered' }] },
        } as Record<string, Partial<Action>>,
      }),
      forms: { told: { fields: { [name]: field('text', { tier: 'personal' }) } } },
    };
    const asked = act(p, open(p), 'ann', { action: 'ask' }).state;
    const answered = act(p, asked, 'ann', { action: 'answer', input: { [name]: 'x' } });
    expect(answered.events[0]?.data).toMatchObject({ changes: { sealed: [`tasks.${step}.fields.${name}`] } });
    expect(wrongIn(answered)).toEqual([]);
  });
});

describe('what is personal', () => {
  const personal = field('text', { tier: 'personal' });

  it('is told sealed among the changed fields, and not as the text or the reason of the event', () => {
    const answered = done({ fields: { text: personal }, says: 'replied', input: { text: 'he is ill' } }).events[0]?.data as Told;
    expect(answered).toMatchObject({ text: '', changes: { sealed: ['text'] } });
    const dropped = done({ fields: { reason: personal }, does: [{ go: 'dropped' }], input: { reason: 'he is ill' } });
    expect(dropped.events.at(-1)?.data).toMatchObject({ reason: '' });
  });

  it('is told as sealed in each field that an effect sets from it, and an open value is sealed in a personal field', () => {
    const fields = { illness: personal, other: personal };
    const does: Effect[] = [{ set: { copy: fact('illness'), other: 'flu', again: { fact: 'fields.illness' }, plain: 'x' } }];
    const told = done({ fields, does, input: { illness: 'he is ill' } });
    expect(told.events[0]?.data).toMatchObject({ changes: { sealed: ['illness', 'copy', 'other', 'again'] } });
    const ill = 'sealed:"he is ill"';
    expect(told.state.fields).toEqual({ illness: ill, copy: ill, again: ill, other: 'sealed:"flu"', plain: 'x' });
  });

  it('is not told as the outcome or the unit at fault', () => {
    const fields = { outcome: personal, faultClass: personal };
    const input = { outcome: 'ill', faultClass: 'ill' };
    const judged = done({ fields, does: [{ go: 'closed' }], says: 'judged', input }).events;
    expect(judged.map((e) => e.data as Told)).toEqual([
      expect.not.objectContaining({ class: expect.anything() }),
      expect.not.objectContaining({ outcome: expect.anything() }),
    ]);
  });
});

describe('watchers', () => {
  it('are at most 1,000', () => {
    const pack = packWith({ actions: { look: { do: [{ watch: 'self' }] } } as Record<string, Partial<Action>> });
    const c = open(pack);
    const watched = (n: number) => ({ ...c, watchers: Array.from({ length: n }, (_, i) => `p${i}`) });
    expect(act(pack, watched(999), 'ann', { action: 'look' }).state.watchers).toHaveLength(1_000);
    expect(code(() => act(pack, watched(1_000), 'ann', { action: 'look' }))).toBe('dispatch/invalid-fields');
  });
});
