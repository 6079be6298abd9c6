import {
  addCalendarDays,
  addCalendarMonths,
  addOpenTime,
  type Calendar,
  CalendarError,
  compileCalendar,
  endOfWorkingDay,
} from '@gongdan/business-time';
import { type Located } from '../../located.js';
import { type Pack } from '../pack.js';
import { type ActionKind, EVENT_OF, type Process } from '../process.js';
import { conditionMistakes, eventMistakes, missing, type Path, twice, type Vocabulary } from './references.js';
import { type ClockSpec, type PackCalendar } from '../sla.js';
import { type Limit } from '../../conditions/clock-rules.js';

/** Checks of clocks that a schema cannot express: calendars, conditions and events exist, and no action leaves a clock paused while a person works. */
export function slaMistakes({ sla, process }: Pack, known: Vocabulary): Located[] {
  const calendars = new Set(sla.calendars.map((c) => c.key));
  return [
    ...twice(
      sla.calendars.map((c) => c.key),
      ['sla', 'calendars'],
      'key',
    ),
    ...twice(
      sla.clocks.map((c) => c.key),
      ['sla', 'clocks'],
      'key',
    ),
    ...sla.calendars.flatMap((c, i) => calendarMistakes(c, ['sla', 'calendars', i])),
    ...sla.clocks.flatMap((c, i) => {
      const at = ['sla', 'clocks', i];
      const limits = Array.isArray(c.limit) ? c.limit : [{ limit: c.limit, when: undefined }];
      return [
        ...missing(calendars, c.calendar, [...at, 'calendar'], 'calendar'),
        ...conditionMistakes(c.when, [...at, 'when'], known),
        ...limits.flatMap((l, j) => conditionMistakes(l.when, [...at, 'limit', j, 'when'], known)),
        ...limits.flatMap((l, j) =>
          limitMistakes(
            l.limit,
            sla.calendars.find((known) => known.key === c.calendar),
            [...at, 'limit', ...(Array.isArray(c.limit) ? [j, 'limit'] : [])],
          ),
        ),
        ...(limits.some((l) => 'workingDays' in l.limit) && c.calendar === undefined
          ? [{ path: at, rule: 'working days need a calendar' }]
          : []),
        ...(['start', 'pause', 'resume', 'stop', 'cancel'] as const).flatMap((list) =>
          (c[list] ?? []).flatMap((t, j) => [
            ...eventMistakes(typeof t === 'string' ? t : t.on, [...at, list, j], (n) => !n.startsWith('sla.') && !n.startsWith('notify.')),
            ...(typeof t === 'string' ? [] : conditionMistakes(t.when, [...at, list, j, 'when'], known)),
          ]),
        ),
        ...twice(
          c.warnings.map((w) => w.key),
          [...at, 'warnings'],
          'key',
        ),
        ...((c.pause === undefined) === (c.resume === undefined) ? [] : [{ path: at, rule: 'pause and resume come together' }]),
        ...frozen(c, process).map((action) => ({
          path: [...at, 'resume'],
          rule: `action ${action.key} leads out of a pause, but its event ${EVENT_OF[action.kind]} ends none: the clock would stand still for good`,
        })),
      ];
    }),
  ];
}

export function calendarMistakes(calendar: PackCalendar, at: Path): Located[] {
  try {
    compileCalendar(calendar);
    return [];
  } catch (error) {
    if (!(error instanceof CalendarError)) throw error;
    return [{ path: [...at, ...error.path.split(/[.[\]]+/).filter((p) => p !== '')], rule: error.rule }];
  }
}

/** Limits are counted from here on, because tickets come for years: the check knows no today. */
const SOME_DAY = Date.UTC(2100, 0, 1);

/** A limit that its calendar cannot count. sla could start no such clock, and every ticket of the pack would wait there. */
export function limitMistakes(limit: Limit, calendar: PackCalendar | undefined, at: Path): Located[] {
  try {
    count(limit, compileCalendar(calendar ?? { key: 'always', zone: 'UTC', hours: 'always' }));
    return [];
  } catch (error) {
    if (error instanceof CalendarError) return [];
    if (!(error instanceof RangeError)) throw error;
    return [{ path: [...at], rule: 'ends more than a century after its start; write a shorter limit' }];
  }
}

function count(limit: Limit, calendar: Calendar): void {
  if ('minutes' in limit) addOpenTime(calendar, SOME_DAY, limit.minutes * 60_000);
  if ('hours' in limit) addOpenTime(calendar, SOME_DAY, limit.hours * 3_600_000);
  if ('workingDays' in limit) endOfWorkingDay(calendar, SOME_DAY, limit.workingDays);
  if ('days' in limit) addCalendarDays(calendar.zone, SOME_DAY, limit.days);
  if ('months' in limit) addCalendarMonths(calendar.zone, SOME_DAY, limit.months);
}

/** Actions that lead from a step where the clock is paused to one where it is not, without an event that resumes or ends it. */
function frozen(c: ClockSpec, process: Process): { key: string; kind: ActionKind }[] {
  const triggers = (lists: ('pause' | 'resume' | 'stop' | 'cancel')[], kind: ActionKind): boolean =>
    lists.some((list) => (c[list] ?? []).some((t) => (typeof t === 'string' ? t : t.on) === EVENT_OF[kind]));
  const actions = Object.entries(process.actions).map(([key, a]) => ({ ...a, key }));
  const paused = new Set(actions.filter((a) => triggers(['pause'], a.kind)).map((a) => a.to));
  return actions.filter((a) => a.from.some((s) => paused.has(s)) && !paused.has(a.to) && !triggers(['resume', 'stop', 'cancel'], a.kind));
}
