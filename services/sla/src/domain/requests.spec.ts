import { describe, expect, it } from '@jest/globals';
import { compileCalendar } from '@gongdan/business-time';
import { dispatch } from '@gongdan/contracts';
import { iso, ms, newId, plusMs } from '@gongdan/kernel';
import { type ClockSpec } from '@gongdan/packs';
import { type Clock, pause, start, stop } from './clock.js';
import { burning, type Kind } from './promise.js';
import { answerTo, type Asked, type Done } from './requests.js';
import { type Rules } from './rules.js';
import { type SlaTicket } from './ticket.js';

const H = 3_600_000;
const local = (text: string): string => iso(ms(`${text}:00.000+08:00`));
/** Monday, 09:00 in Shanghai; the office is open until 17:00 from Monday to Friday. */
const MONDAY = local('2026-03-02T09:00');
const DUE = local('2026-03-03T15:00');
const hours = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((d) => [d, ['09:00-17:00']]));
const calendar = compileCalendar({ key: 'office', zone: 'Asia/Shanghai', hours });
const spec = { key: 'resolve', warnings: [{ key: 'half', ratio: 0.5 }, { key: 'soon', before: { hours: 1 } }] } as unknown as ClockSpec; // prettier-ignore
const rules: Rules = { clocks: [spec], calendarOf: () => calendar, counting: (kind) => ({ kind, calendar }) };
const ticket: SlaTicket = { org: 'acme', id: newId(), packKey: 'p', packVersion: 1, unit: 'u', number: 'N', facts: {} };

const running = (kind: Kind = 'hours', dueAt = DUE): Clock => {
  const whole = burning({ kind, calendar }, MONDAY, dueAt);
  return start(undefined, { org: 'acme', ticketId: ticket.id, key: 'resolve', run: 1, kind, calendar: 'office', dueAt, whole }, MONDAY)
    .state;
};
const asked = (body: object, at: string): Asked => {
  const position = dispatch.caseOfOneTask({ step: 's', state: 'accepted', unit: 'u', version: 2 });
  const data = { case: position, at, id: newId(), kind: 'extend' as const, body: { ...body } };
  const draft = dispatch.RequestAsked.of({ org: 'acme', ticketId: ticket.id, occurredAt: at, data });
  return { ...draft, id: newId(), producer: 'dispatch', seq: 1, correlationId: 'c', actor: { id: 'li' } } as unknown as Asked;
};
const ask = (clock: Clock | undefined, body: object, at = plusMs(MONDAY, H)): Done | undefined =>
  answerTo(asked({ clock: 'resolve', ...body }, at), (key) => (key === 'resolve' ? clock : undefined), rules, ticket, at);
const code = (done: Done | undefined): string => done?.answer.code ?? done?.answer.state ?? 'not answered';

describe('an extension is refused', () => {
  it.each([
    ['its clock is not in the pack', running(), { clock: 'other', by: '1d' }, 'sla/no-such-clock'],
    ['its clock has not started', undefined, { by: '1d' }, 'sla/clock-not-running'],
    ['its clock pauses', pause(running(), { kind: 'hours', calendar }, MONDAY).state, { by: '1d' }, 'sla/clock-not-running'],
    ['its clock has stopped', stop(running(), MONDAY).state, { by: '1d' }, 'sla/clock-not-running'],
    ['the breach was published', { ...running(), breachedAt: DUE }, { by: '1d' }, 'sla/clock-breached'],
    ['it names neither a length nor an instant', running(), {}, 'sla/invalid-request'],
    ['its length has no unit', running(), { by: '3' }, 'sla/invalid-request'],
    ['its length has an unknown unit', running(), { by: '3days' }, 'sla/invalid-request'],
    ['its length is nothing', running(), { by: '0d' }, 'sla/invalid-request'],
    ['its instant is none', running(), { until: 'soon' }, 'sla/invalid-request'],
    ['its length is more than the calendar can count', running(), { by: '999999h' }, 'sla/due-too-far'],
    ['its length is more than months can count', running(), { by: '1000mo' }, 'sla/invalid-request'],
    ['its instant is more than a century away', running(), { until: '2190-01-01T00:00:00.000Z' }, 'sla/due-too-far'],
    ['the new due instant lies after the year 9999', running('fixed', '9999-12-31T16:00:00.000Z'), { by: '12h' }, 'sla/due-too-far'],
    ['its instant lies after the year 9999', running('fixed'), { until: '9999-12-31T23:59:59-12:00' }, 'sla/invalid-request'],
    ['the new due instant is that of the asking', running(), { until: plusMs(MONDAY, H) }, 'sla/due-past'],
  ])('when %s', (_, clock, body, refused) => {
    const done = ask(clock, body);
    expect([code(done), done?.moved]).toEqual([refused, undefined]);
  });

  it('and not when it names a date: the new due instant is the midnight that ends it in the zone of the clock', () => {
    expect(ask(running(), { until: '2026-03-05' })?.moved?.state.dueAt).toBe(local('2026-03-06T00:00'));
    expect(code(ask(running(), { until: '2026-02-30' }))).toBe('sla/invalid-request');
  });

  it('when it is asked for after the due instant, and not at it', () => {
    expect([code(ask(running(), { by: '1h' }, DUE)), code(ask(running(), { by: '1h' }, plusMs(DUE, 1)))]).toEqual(['done', 'sla/clock-breached']); // prettier-ignore
  });
});

describe('an extended clock', () => {
  it.each([
    ['minutes of open time', 'hours', DUE, '150min', '2026-03-04T09:30'],
    ['open hours', 'hours', DUE, '3h', '2026-03-04T10:00'],
    ['plain hours of a clock that counts days', 'calendar-days', DUE, '3h', '2026-03-03T18:00'],
    ['days', 'hours', DUE, '2d', '2026-03-05T15:00'],
    ['working days over a weekend', 'working-days', local('2026-03-06T00:00'), '2wd', '2026-03-10T00:00'],
    ['months to the end of a shorter one', 'calendar-months', local('2026-03-31T09:00'), '1mo', '2026-04-30T09:00'],
  ] as const)('is due later by %s', (_, kind, dueAt, by, due) => {
    expect(ask(running(kind, dueAt), { by })?.moved?.state).toMatchObject({ dueAt: local(due), originalDueAt: dueAt, gen: 2 });
  });

  it('publishes again the warnings that lie ahead, and not those whose instant has passed', () => {
    // 14 open hours, half of them burnt on Monday at 16:00; the last hour begins on Tuesday at 14:00.
    const at = local('2026-03-03T14:30');
    const warned = { ...running(), warned: ['half', 'soon'] };
    const near = ask(warned, { by: '4h' }, at)?.moved?.state;
    expect([near?.whole, near?.warned]).toEqual([18 * H, ['half']]);
    // With 20 hours more, half of the limit lies ahead, too.
    const far = ask(warned, { by: '20h' }, at)?.moved?.state;
    expect([far?.whole, far?.warned]).toEqual([34 * H, []]);
  });

  it('publishes first the warnings that were due before it was extended', () => {
    const moved = ask(running(), { by: '4h' }, local('2026-03-03T10:00'))?.moved;
    expect(moved?.events.map((e) => e.name)).toEqual(['sla.clock-warned', 'sla.clock-extended']);
  });

  it('has a smaller limit when its due instant moves forward', () => {
    expect(ask(running(), { until: local('2026-03-02T16:00') })?.moved?.state.whole).toBe(7 * H);
  });
});
