import { type Case, type Counted } from '@gongdan/engine';

/** A count of one, which most are: all the rest of `Counted` follows from it. */
interface Once {
  at: string;
  by: string;
  unit?: string;
  task?: string;
}

/** How the counts of a case are stored: written out they were a third of its body, which every action writes, compresses and reads. */
export type StoredCounts = Record<string, Several | Once>;

type Several = Omit<Counted, 'key'>;

export function stored(done: Case['done']): StoredCounts {
  return Object.fromEntries(done.map(({ key, ...counted }) => [key, onceOf(counted) ?? counted]));
}

export function countsOf(counts: StoredCounts): Case['done'] {
  return Object.entries(counts).map(([key, count]) => ('times' in count ? { key, ...count } : countedOf(key, count)));
}

/** Undefined for a count that says more. */
function onceOf({ times, total, firstAt, at, by, unit, byUnit, byTask, recent, earlier, ...more }: Several): Once | undefined {
  const [[only, ...others], [task, ...tasks], units] = [recent, Object.keys(byTask), Object.keys(byUnit)];
  const plain =
    times === 1 && total === 1 && firstAt === at && only?.at === at && only.by === by && only.unit === unit && others.length === 0;
  const once = (task === undefined || byTask[task] === 1) && tasks.length === 0;
  const inUnit = unit === undefined ? units.length === 0 : units.length === 1 && byUnit[unit] === 1;
  if (!plain || !once || !inUnit || earlier !== undefined || Object.keys(more).length > 0) return undefined;
  return { at, by, ...(unit === undefined ? {} : { unit }), ...(task === undefined ? {} : { task }) };
}

function countedOf(key: string, { at, by, unit, task }: Once): Counted {
  const place = unit === undefined ? {} : { unit };
  return {
    key,
    times: 1,
    total: 1,
    firstAt: at,
    at,
    by,
    ...place,
    byUnit: unit === undefined ? {} : { [unit]: 1 },
    byTask: task === undefined ? {} : { [task]: 1 },
    recent: [{ at, by, ...place }],
  };
}
