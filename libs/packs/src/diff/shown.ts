type Table = Readonly<Record<string, unknown>>;

const UNITS: Readonly<Record<string, string>> = { minutes: 'min', hours: 'h', workingDays: 'wd', days: 'd', months: 'mo' };

/** A value of a pack as an author writes it: lengths of time as `3d`, limits as `2 per run`, tables and lists without quotes. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return /^[^\s,:{}[\]#'"][^,{}[\]]*$/.test(value) && !/: | #/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return rowsOf(value) ?? `[${value.map(shown).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const table = value as Table;
  return lengthOf(table) ?? timesOf(table) ?? `{ ${Object.entries(table).map(([k, v]) => `${k}: ${shown(v)}`).join(', ')} }`; // prettier-ignore
}

/** The limit of a clock, or the time before its end. */
function lengthOf(table: Table): string | undefined {
  const [[key, value] = ['', undefined], ...more] = Object.entries(table);
  if (more.length > 0) return undefined;
  if (Object.hasOwn(UNITS, key) && typeof value === 'number') return `${value}${UNITS[key] ?? ''}`;
  if (key === 'today' && value === true) return 'today';
  if ((key === 'field' && typeof value === 'object') || key === 'fact') return key === 'fact' ? String(value) : shown(value);
  return undefined;
}

/** The limit of an action. */
function timesOf({ times, per, else: instead, ...more }: Table): string | undefined {
  if (typeof times !== 'number' || per === undefined || Object.keys(more).length > 0) return undefined;
  return `${times} per ${shown(per)}${instead === undefined ? '' : `, else ${shown(instead)}`}`;
}

/** The rows of a limit: `class.priority=p1: 30min; otherwise: 2h`. */
function rowsOf(list: readonly unknown[]): string | undefined {
  const rows = list.map((row) => (typeof row === 'object' && row !== null ? (row as Table) : {}));
  if (rows.length === 0 || !rows.every((r) => r['limit'] !== undefined && Object.keys(r).every((k) => k === 'limit' || k === 'when')))
    return undefined;
  return rows
    .map(({ when, limit }) => {
      const tests = Object.entries((when ?? {}) as Table).map(([fact, test]) => `${fact}=${shown(test)}`);
      return `${tests.length === 0 ? 'otherwise' : tests.join(' ')}: ${shown(limit)}`;
    })
    .join('; ');
}
