import { describe, expect, it } from '@jest/globals';
import { exampleFolder } from '../check/lost-property.js';
import { readPackFolder } from '../files.js';
import { translated } from '../messages/translated.js';
import { PackFormat2 } from '../format2/index.js';
import { diffPacks } from './diff-packs.js';

const before = PackFormat2.parse(readPackFolder(exampleFolder).json);
function after(change: (pack: PackFormat2) => void): PackFormat2 {
  const copy = structuredClone(before);
  change(copy);
  return copy;
}

describe('the differences of two versions', () => {
  it('are none between equal packs, whatever the order of their keys', () => {
    const turned = Object.fromEntries(Object.entries(before.process.actions).reverse());
    expect(
      diffPacks(
        before,
        after((p) => void (p.process.actions = turned)),
      ),
    ).toEqual([]);
  });
  it('name what was added, removed and changed, with old and new value', () => {
    const found = diffPacks(before, after((p) => {
      const clock = p.sla?.clocks[0];
      if (clock) clock.limit = { days: 9 };
      delete p.process.actions['urge'];
      p.catalogue.types.push({ key: 'praise', names: { 'zh-CN': '表扬', en: 'Praise' } });
      p.intake.required = [];
    })); // prettier-ignore
    expect(found).toEqual([
      { what: 'intake.required', change: 'changed', details: '[contact.phone] -> []' },
      { what: 'catalogue.types.praise', change: 'added', details: '' },
      { what: 'process.actions.urge', change: 'removed', details: '', open: expect.stringMatching(/loses this action/) },
      { what: 'sla.clocks.search', change: 'changed', details: 'limit: 7d -> 9d' },
    ]);
  });
  it('say what changed inside an action, and what that means for a ticket that is moved', () => {
    const found = diffPacks(before, after((p) => {
      const { claim, answer, match } = p.process.actions;
      if (answer) answer.do = [{ go: 'not-found' }];
      if (claim) claim.do = [...claim.do.slice(0, 1), { go: 'approving' }, { sleep: { until: '3d' } }];
      if (match) match.by = 'unit';
    })); // prettier-ignore
    expect(found.map((d) => [d.what, d.details, d.open])).toEqual([
      ['process.actions.match', 'by: holder -> unit', expect.stringMatching(/^in a moved ticket other people may do it/)],
      ['process.actions.claim', 'do: go approving (when: { fields.valuable: true } -> nothing); - go handing-over; + sleep 3d', expect.stringMatching(/^a moved ticket does the new effects/)],
      ['process.actions.answer', 'do: go answered -> go not-found', expect.stringMatching(/^a moved ticket does the new effects/)],
    ]); // prettier-ignore
    for (const { open } of found) expect(translated(open ?? '').code).toMatch(/^moved-/);
  });
  it.each<[what: string, before: unknown, after: unknown, details: string]>([
    ['rows of a limit', { days: 7 }, [{ when: { 'class.priority': 'high' }, limit: { hours: 4 } }, { limit: { workingDays: 2 } }], 'limit: 7d -> class.priority=high: 4h; otherwise: 2wd'],
    ['a deadline of a form', { months: 1 }, { field: { fact: 'fields.visitAt' } }, 'limit: 1mo -> fields.visitAt'],
    ['the end of the day', { minutes: 30 }, { today: true }, 'limit: 30min -> today'],
  ])('write limits as an author does: %s', (_, old, next, details) => {
    const limited = (limit: unknown): PackFormat2 => after((p) => void Object.assign(p.sla?.clocks[0] ?? {}, { limit }));
    expect(diffPacks(limited(old), limited(next)).map((d) => d.details)).toEqual([details]);
  }); // prettier-ignore
  it('write the limit of an action, and a warning, as an author does', () => {
    const found = diffPacks(before, after((p) => {
      const { urge } = p.process.actions;
      if (urge?.limit) urge.limit = { times: 2, per: 'run' };
      const clock = p.sla?.clocks[0];
      if (clock) clock.warnings = [{ key: 'late', before: { days: 3 } }];
    })); // prettier-ignore
    expect(found.map((d) => d.details)).toEqual([
      'limit: 1 per 60min -> 2 per run',
      'warnings: [{ key: late, ratio: 0.8 }] -> [{ key: late, before: 3d }]',
    ]);
  });
  it('say which open tickets cannot be moved', () => {
    const found = diffPacks(before, after((p) => {
      const { waiting: _waiting, 'sign-off': _signOff, ...steps } = p.process.steps;
      p.process.steps = steps;
      const shelf = p.forms?.['found']?.fields['shelf'];
      if (shelf) shelf.type = 'number';
    })); // prettier-ignore
    expect(found.map((d) => [d.what, d.open])).toEqual([
      ['process.steps.waiting', 'a ticket in this step cannot be moved'],
      ['process.steps.sign-off', 'a ticket with an open task of this step cannot be moved'],
      ['forms.found.shelf', 'a ticket that has a value of type text cannot be moved'],
    ]);
  });
});
