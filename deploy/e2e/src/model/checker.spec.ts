import { describe, expect, it } from '@jest/globals';
import { type History } from './checker/documents.js';
import { type Asked } from './checker/asked.js';
import { judgeAnswers, windowsOf } from './checker/judge-answers.js';
import { judgeCase } from './checker/judge-case.js';
import { People } from './checker/people.js';
import { refusalsOf } from './checker/judge-refusals.js';
import { PLANTS, type Subject } from './checker/plants.js';
import { PLANTS_PEOPLE } from './checker/plants-people.js';
import { PLANTS_OUTSIDE } from './checker/plants-outside.js';
import { recorded } from './recording.js';
import { seeded } from './seeded.js';

/** The checker over cases of a real run. It is told what is right and, with one planted bug each, what is wrong. */
describe('the model checker', () => {
  const { orgs, asked } = recorded();
  const cases = orgs.flatMap(({ entries, packs, cases: all }) => all.map((history) => ({ entries, packs: new Map(packs), history })));
  const subjectOf = (at: (typeof cases)[number]): Subject =>
    structuredClone({
      ticketId: at.history.ticketId,
      packs: at.packs,
      heard: at.history.heard ?? [],
      told: at.history.told,
      entries: at.entries,
      asked: asked.filter((a) => a.ticketId === at.history.ticketId),
    });
  function problemsOf(at: (typeof cases)[number], s: Subject): string[] {
    const history: History = { ...at.history, told: s.told, heard: s.heard };
    const refusals = refusalsOf(s.asked).get(history.ticketId);
    const verdict = judgeCase(history, s.packs, new People(s.entries), windowsOf(s.asked), refusals);
    const lost = verdict.lost === undefined ? [] : [`not judged: ${verdict.lost}`];
    return [...verdict.problems, ...lost, ...judgeAnswers(s.asked as Asked[], new Map([[history.ticketId, verdict]]))];
  }

  it('finds nothing wrong in a recorded run', () => {
    expect(cases.length).toBeGreaterThan(8);
    for (const at of cases) expect(problemsOf(at, subjectOf(at))).toEqual([]);
  });

  it.each(Object.entries({ ...PLANTS, ...PLANTS_OUTSIDE, ...PLANTS_PEOPLE }))('finds that %s', (_, plant) => {
    const random = seeded(7);
    let planted = 0;
    for (let round = 0; round < 4; round++)
      for (const at of cases) {
        const s = subjectOf(at);
        if (!plant(s, random)) continue;
        planted += 1;
        expect({ case: at.history.ticketId, round, problems: problemsOf(at, s).length > 0 }).toEqual({
          case: at.history.ticketId,
          round,
          problems: true,
        });
      }
    expect(planted).toBeGreaterThan(2);
  });
});
