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
      { what: 'intake.required', change: 'changed', details: '["contact.phone"] -> []' },
      { what: 'catalogue.types.praise', change: 'added', details: '' },
      { what: 'process.actions.urge', change: 'removed', details: '', open: expect.stringMatching(/loses this action/) },
      { what: 'sla.clocks.search', change: 'changed', details: 'limit: {"days":7} -> {"days":9}' },
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
      ['process.actions.match', 'by: "holder" -> "unit"', expect.stringMatching(/^in a moved ticket other people may do it/)],
      ['process.actions.claim', 'do: go approving (when: {"fields.valuable":true} -> nothing); - go handing-over; + sleep 3d', expect.stringMatching(/^a moved ticket does the new effects/)],
      ['process.actions.answer', 'do: go answered -> go not-found', expect.stringMatching(/^a moved ticket does the new effects/)],
    ]); // prettier-ignore
    for (const { open } of found) expect(translated(open ?? '').code).toMatch(/^moved-/);
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
