import { type PackFormat2 } from '@gongdan/packs/format2';
import { type Words } from './words.js';

/** More rows are no picture; the file has them. */
const MOST_ROWS = 12;

/** What stands below the picture: who gets which ticket, limits that depend on the ticket, and work that recurs. */
export function tablesOf(pack: PackFormat2, words: Words): { title: string; lines: string[] }[] {
  return [
    { title: words.say('派单', 'Who gets which ticket'), lines: routingLines(pack, words) },
    { title: words.say('时限细则', 'Time limits that depend on the ticket'), lines: limitLines(pack, words) },
    { title: words.say('定期计划', 'Recurring work'), lines: planLines(pack, words) },
  ].filter((t) => t.lines.length > 0);
}

function routingLines(pack: PackFormat2, w: Words): string[] {
  const tables = Object.values(pack.routing?.tables ?? {});
  return tables.flatMap((table) => {
    const rows = table.rules.map((row) => `${w.condition(row.when) || w.say('全部', 'all')} → ${w.holder(row.holder)}`);
    const more = rows.length - MOST_ROWS;
    return [
      ...rows.slice(0, MOST_ROWS),
      ...(more > 0 ? [w.say(`另有 ${more} 行`, `and ${more} rows more`)] : []),
      ...(table.fallback === undefined ? [] : [`${w.say('其他', 'otherwise')} → ${w.holder(table.fallback)}`]),
    ];
  });
}

function limitLines(pack: PackFormat2, w: Words): string[] {
  return (pack.sla?.clocks ?? []).flatMap((clock) => {
    if (!Array.isArray(clock.limit) || clock.limit.length < 2) return [];
    const rows = clock.limit
      .slice(0, MOST_ROWS)
      .map((row) => `${w.condition(row.when) || w.say('其他', 'otherwise')} → ${w.length(row.limit)}`);
    const more = clock.limit.length > MOST_ROWS ? ' …' : '';
    return [`${w.name(clock.names, clock.key)}${w.say('：', ': ')}${rows.join(w.say('；', '; '))}${more}`];
  });
}

function planLines(pack: PackFormat2, w: Words): string[] {
  return (pack.intake.plans ?? []).map((plan) => {
    const { every, on, at, workingDays, ticket } = plan;
    const days = [on ?? []]
      .flat()
      .map((day) => dayName(day, w))
      .join(w.say('、', ', '));
    const moved = workingDays === undefined ? '' : w.say({ only: '，休息日跳过', next: '，遇休息日顺延', previous: '，遇休息日提前' }[workingDays], { only: ', not on days off', next: ', after a day off', previous: ', before a day off' }[workingDays]); // prettier-ignore
    const category = pack.catalogue.categories.find((c) => c.key === ticket.category);
    const what = `${w.name(pack.catalogue.types.find((t) => t.key === ticket.type)?.names, ticket.type)} · ${w.name(category?.names, ticket.category)}`;
    return `${w.name(plan.names, plan.key)}${w.say('：', ': ')}${[interval(every, w), days, [at].flat().join(', ')].filter((t) => t !== '').join(' ')}${moved} → ${what}`;
  });
}

const INTERVALS: Readonly<Record<string, string>> = { day: '天', week: '周', month: '个月', year: '年' };
const WEEKDAYS: Readonly<Record<string, string>> = {
  mon: '周一',
  tue: '周二',
  wed: '周三',
  thu: '周四',
  fri: '周五',
  sat: '周六',
  sun: '周日',
};
const ORDINALS: Readonly<Record<string, string>> = {
  first: '第一个',
  second: '第二个',
  third: '第三个',
  fourth: '第四个',
  last: '最后一个',
};

/** `2 weeks` → every 2 weeks, 每2周. */
function interval(every: string, w: Words): string {
  const [, n = '', unit = every] = /^(\d+) (\w+)s$/.exec(every) ?? [];
  const zh = n === '' && unit === 'month' ? '月' : (INTERVALS[unit] ?? unit);
  return w.say(`每${n}${zh}`, `every ${every}`);
}

/** `mon`, `15`, `last`, `first-mon` or `03-15`. */
function dayName(day: string | number, w: Words): string {
  if (typeof day === 'number') return w.say(`${day}日`, `on day ${day}`);
  const [ordinal = '', weekday = ''] = day.split('-');
  if (ORDINALS[ordinal] && WEEKDAYS[weekday]) return w.say(`${ORDINALS[ordinal]}${WEEKDAYS[weekday]}`, `${ordinal} ${capital(weekday)}`);
  return day === 'last' ? w.say('最后一天', 'last day') : w.say(WEEKDAYS[day] ?? day, capital(day));
}
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
