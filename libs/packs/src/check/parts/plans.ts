import { CalendarError, dayOf } from '@gongdan/business-time';
import { type Facts } from '../../conditions/condition.js';
import { ticketFacts } from '../../conditions/facts.js';
import { requiredFields } from '../../conditions/required.js';
import { priorityOf } from '../../format1/catalogue.js';
import { choicesOf } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { intervalOf } from '../../plans/days.js';
import { nextOccurrences, type PlanSetting, settingOf } from '../../plans/occurrences.js';
import { LONGEST_TITLE, MOST_TIMES, ORDINALS, type Plan, PLAN_CHANNEL, titleOn, WEEKDAYS } from '../../plans/plan.js';
import { twice } from '../../format1/check/references.js';
import { type Context, declared, type Path } from '../context.js';

/** Where the first occurrence is looked for when a plan has no `from`: the check knows no today, and any day will do. */
const SOME_DAY = Date.UTC(2026, 0, 1);
const LONGEST_YEARS = 10;

/** Recurring work: its days, its words, and whether it ever occurs. */
export function planMistakes(context: Context): Located[] {
  const { intake } = context.pack;
  const plans = intake.plans ?? [];
  if (plans.length === 0) return [];
  const at: Path = ['intake'];
  return [
    ...twice(plans.map((p) => p.key), [...at, 'plans'], 'key'), // prettier-ignore
    ...(intake.channels.some((c) => c.key === PLAN_CHANNEL)
      ? []
      : [
          {
            path: [...at, 'channels'],
            rule: `the tickets of plans come by the channel ${PLAN_CHANNEL}; add { key: ${PLAN_CHANNEL}, names: { zh-CN: 定期计划, en: Recurring plan } }`,
          },
        ]),
    ...(intake.defaultChannel === PLAN_CHANNEL
      ? [
          {
            path: [...at, 'defaultChannel'],
            rule: `${PLAN_CHANNEL} is reserved for the tickets of plans; choose the channel by which people come`,
          },
        ]
      : []),
    ...plans.flatMap((plan, i) => planMistake(context, plan, [...at, 'plans', i])),
  ];
}

function planMistake(context: Context, plan: Plan, at: Path): Located[] {
  const days = dayMistakes(plan, at);
  const needsCalendar = plan.workingDays !== undefined && context.pack.pack.calendar === undefined && !context.lost.has('pack');
  return [
    ...days,
    ...(needsCalendar
      ? [{ path: [...at, 'workingDays'], rule: 'working days need a calendar; add calendar: to pack.yaml and calendars: to sla.yaml' }]
      : []),
    ...(days.length > 0 || needsCalendar ? [] : neverMistakes(context, plan, at)),
    ...ticketMistakes(context, plan, [...at, 'ticket']),
  ];
}

/** Whether `on` fits `every`, and whether the dates exist. */
function dayMistakes(plan: Plan, at: Path): Located[] {
  const { count, unit } = intervalOf(plan.every);
  const on = [plan.on ?? []].flat();
  const where = (i: number): Path => [...at, 'on', ...(Array.isArray(plan.on) ? [i] : [])];
  const mistakes: Located[] = [];
  const add = (path: Path, rule: string): void => void mistakes.push({ path, rule });
  if (unit === 'day' && plan.on !== undefined) add([...at, 'on'], 'a plan of every day has no on:; write every: week to choose weekdays');
  if (unit !== 'day' && plan.on === undefined) add(at, `on which day of the ${unit}? Write on: ${EXAMPLE[unit]}`);
  if (unit !== 'day')
    on.forEach((day, i) => {
      const rule = wrongDay(day, unit);
      if (rule !== undefined) add(where(i), rule);
    });
  if (Array.isArray(plan.at) && plan.at.length > MOST_TIMES)
    add([...at, 'at'], `${plan.at.length} occurrences a day; a plan has at most ${MOST_TIMES}`);
  if (count > 1 && plan.from === undefined) add(at, `from which date is ${plan.every} counted? Write from: 2026-03-02`);
  if (unit === 'year' && count > LONGEST_YEARS) add([...at, 'every'], `at most ${LONGEST_YEARS} years`);
  for (const key of ['from', 'to'] as const)
    if (plan[key] !== undefined && dayOf(plan[key]) === undefined) add([...at, key], `there is no date ${plan[key]}`);
  (plan.except ?? []).forEach((span, i) => {
    const [from = '', to = from] = span.split('..');
    for (const date of new Set([from, to])) if (dayOf(date) === undefined) add([...at, 'except', i], `there is no date ${date}`);
    if (from > to) add([...at, 'except', i], `${to} is before ${from}`);
  });
  return mistakes;
}

const EXAMPLE = { week: '[mon, thu]', month: '1, last or first-mon', year: '03-15' } as const;

function wrongDay(day: string | number, unit: 'week' | 'month' | 'year'): string | undefined {
  const isWeekday = WEEKDAYS.some((w) => w === day);
  switch (unit) {
    case 'week':
      return isWeekday ? undefined : `${day} is no weekday; write ${WEEKDAYS.join(', ')}`;
    case 'month':
      if (typeof day === 'number') return day > 28 ? `not every month has a day ${day}; write last, or a day from 1 to 28` : undefined;
      if (day === 'last' || ORDINALS.some((o) => day.startsWith(`${o}-`))) return undefined;
      return isWeekday
        ? `which ${day} of the month? Write first-${day} or last-${day}`
        : `${day} is no day of a month; write ${EXAMPLE.month}`;
    case 'year':
      if (typeof day === 'number' || !/^\d/.test(day)) return `${day} is no date of a year; write month and day such as ${EXAMPLE.year}`;
      if (day === '02-29') return 'not every year has 29 February; write 02-28 or 03-01';
      return dayOf(`2026-${day}`) === undefined ? `there is no date ${day}` : undefined;
  }
}

function neverMistakes({ pack, lost }: Context, plan: Plan, at: Path): Located[] {
  if (lost.has('sla') || lost.has('pack')) return [];
  let setting: PlanSetting;
  try {
    setting = settingOf(pack);
  } catch (error) {
    // The calendar itself is wrong, and is reported where it stands.
    if (error instanceof CalendarError) return [];
    throw error;
  }
  const from = plan.from === undefined ? SOME_DAY : Date.parse(`${plan.from}T00:00:00.000Z`) - 2 * 86_400_000;
  const start = plan.from === undefined && plan.to !== undefined ? Math.min(from, Date.parse(`${plan.to}T00:00:00.000Z`) - YEARS) : from;
  return nextOccurrences(plan, setting, start, 1).length > 0
    ? []
    : [{ path: at, rule: 'never occurs; look at on:, workingDays:, from:, to: and except:' }];
}
const YEARS = LONGEST_YEARS * 366 * 86_400_000;

/** The words of the ticket, and what registration requires. A contact is never required: nobody complains. */
function ticketMistakes(context: Context, { ticket }: Plan, at: Path): Located[] {
  const { intake } = context.pack;
  const attributes = intake.attributes ?? [];
  const given = ticket.attributes ?? {};
  const { length } = titleOn(ticket.title, '2026-03-02');
  const { catalogue, pack } = context.pack;
  const priority = ticket.priority ?? priorityOf(catalogue, ticket.urgency, ticket.impact);
  const facts = (): Facts =>
    ticketFacts(catalogue, { ...ticket, channel: PLAN_CHANNEL, language: pack.language, hasEmail: false, priority } as never);
  const missing = requiredFields(intake, facts).filter(
    (f) => !f.startsWith('contact.') && f !== 'externalKey' && valueAt(ticket, f) === undefined,
  );
  return [
    ...(['type', 'category', 'item', 'priority', 'urgency', 'impact', 'unit'] as const).flatMap((kind) =>
      declared(context, kind, ticket[kind], [...at, kind]),
    ),
    ...Object.entries(given).flatMap(([key, value]): Located[] => {
      const path: Path = [...at, 'attributes', key];
      const attribute = attributes.find((a) => a.key === key);
      if (!attribute) return [{ path, rule: `${key} is not an attribute of this pack; declare it in attributes:`, key: true }];
      if (attribute.type === 'date' && (typeof value !== 'string' || dayOf(value) === undefined))
        return [{ path, rule: `${key} is a date such as 2026-03-02, and ${String(value)} is not` }];
      const type = attribute.type === 'choice' || attribute.type === 'date' ? 'text' : attribute.type;
      if ((type === 'text' ? 'string' : type) !== typeof value) return [{ path, rule: `${key} is ${type}, and ${String(value)} is not` }];
      const choices = choicesOf(attribute);
      return choices && !choices.includes(String(value))
        ? [{ path, rule: `${String(value)} is not a choice of ${key}; possible are ${choices.join(', ')}` }]
        : [];
    }),
    ...(length > LONGEST_TITLE
      ? [
          {
            path: [...at, 'title'],
            rule: `the title is ${length} characters with the date of an occurrence; a ticket has at most ${LONGEST_TITLE}`,
          },
        ]
      : []),
    ...missing.map((field) => ({ path: at, rule: `${field} is required of every ticket (intake.required); write it here` })),
  ];
}

function valueAt(value: unknown, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>((at, part) => (typeof at === 'object' && at !== null && Object.hasOwn(at, part) ? (at as Record<string, unknown>)[part] : undefined), value); // prettier-ignore
}
