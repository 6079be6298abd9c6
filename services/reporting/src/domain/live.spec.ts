import { describe, expect, it } from '@jest/globals';
import { EVERYWHERE } from '@gongdan/directory';
import { heardOf, type LiveChange, newsOf, REFETCH } from './live.js';

const change = (org: string, number: string, unit: string | null = 'a', from: string | null = 'a'): LiveChange => ({
  ...{ org, from },
  update: { ticketId: number, number, event: 'e', state: 's', unit, at: '2026-03-02T01:00:00.000Z' },
});

describe('the news of a batch', () => {
  it('keeps the hundred newest changes of each organisation and says that others were left out', () => {
    const news = newsOf([change('quiet', 'Q'), ...Array.from({ length: 101 }, (_, i) => change('busy', String(i)))]);
    expect(news.get('quiet')).toEqual([{ ...change('quiet', 'Q').update, from: 'a' }]);
    const busy = news.get('busy') ?? [];
    expect([busy.length, busy[0], busy.at(-1)]).toEqual([101, {}, { ...change('busy', '100').update, from: 'a' }]);
    expect(newsOf(Array.from({ length: 100 }, (_, i) => change('busy', String(i)))).get('busy')).toHaveLength(100);
  });

  it.each([
    ['the change, where the ticket is in a unit of the caller', 'a', 'b', 'ticket'],
    ['that the ticket has gone, where it left the units of the caller', 'b', 'a', 'gone'],
    ['that it has gone, when no unit has it any more', null, 'a', 'gone'],
    ['nothing about the tickets of other units', 'b', 'c', undefined],
    ['nothing about a ticket that no unit had', null, null, undefined],
  ])('lets a caller of a unit hear %s', (_, unit, from, type) => {
    const [news] = newsOf([change('o', 'N', unit, from)]).get('o') ?? [];
    const heard = heardOf(news ?? {}, { all: false, units: ['a'] });
    expect(heard?.type).toBe(type);
    if (type === 'gone') expect(heard?.data).toEqual({ ticketId: 'N', number: 'N' });
    expect(heardOf(news ?? {}, EVERYWHERE)).toEqual({ type: 'ticket', data: change('o', 'N', unit, from).update });
  });

  it('tells everybody to fetch again when changes were left out', () => {
    expect(heardOf({}, { all: false, units: [] })).toBe(REFETCH);
  });
});
