import { type When } from './documents.js';
import { isBreached } from './clocks.js';
import { type Look } from './run.js';

/** The checker cannot tell: it neither accuses nor goes on from a guess. */
export const UNKNOWN: unique symbol = Symbol('unknown');
type Truth = boolean | typeof UNKNOWN;

/** The value of a fact, as far as the stream tells it. */
export function factOf(x: Look, name: string): unknown {
  const [family = '', ...parts] = name.split('.');
  const rest = parts.join('.');
  const { run } = x;
  switch (family) {
    case 'class':
      return rest === 'categories' ? UNKNOWN : run.class[rest];
    case 'ticket':
      return rest === 'unit' ? run.ticket.data.unit : run.ticket.data[rest];
    case 'attributes':
      return run.ticket.data.attributes?.[rest];
    case 'place':
      return run.ticket.data.place?.[rest];
    case 'fields':
      return run.fields[rest];
    case 'input':
      return x.input[rest];
    case 'event':
      return x.event?.[rest];
    case 'each':
      return x.each;
    case 'now':
      return x.at;
    case 'case':
      return rest === 'depth' ? run.hops.length : rest === 'run' ? run.run : UNKNOWN;
    case 'done': {
      const [key, member] = lastDot(rest);
      const counter = run.done[key];
      if (member === 'times' || member === 'total') return counter?.[member] ?? 0;
      return counter === undefined ? undefined : (counter as unknown as Record<string, unknown>)[member];
    }
    case 'clock': {
      const [key, member] = lastDot(rest);
      return member === 'breached' ? (isBreached(run, key, x.at) ?? UNKNOWN) : UNKNOWN;
    }
    case 'groups': {
      const [key, member] = lastDot(rest);
      const state = run.groups.findLast((g) => g.key === key)?.state;
      return member === 'open' ? state === 'open' : state;
    }
    default:
      return UNKNOWN;
  }
}

function lastDot(text: string): [string, string] {
  const at = text.lastIndexOf('.');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Whether a condition holds. */
export function holds(when: When | undefined, x: Look): Truth {
  const { any, ...all } = when ?? {};
  const row = (table: When): Truth => every(Object.entries(table).map(([fact, test]): Truth => passes(test, factOf(x, fact), x)));
  return any === undefined ? row(all) : every([row(all), some((any as When[]).map(row))]);
}

function every(truths: readonly Truth[]): Truth {
  return truths.includes(false) ? false : truths.includes(UNKNOWN) ? UNKNOWN : true;
}

function some(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes(UNKNOWN) ? UNKNOWN : false;
}

function passes(test: unknown, value: unknown, x: Look): Truth {
  if (value === UNKNOWN) return UNKNOWN;
  const values = (Array.isArray(value) ? value : [value]).filter((v) => v !== undefined && v !== null) as unknown[];
  if (Array.isArray(test)) return values.some((v) => test.includes(v));
  if (typeof test !== 'object' || test === null) return values.includes(test);
  return every(Object.entries(test).map(([how, operand]): Truth => compares(how, operand, test as Record<string, unknown>, values, x)));
}

function compares(how: string, given: unknown, test: Record<string, unknown>, values: unknown[], x: Look): Truth {
  if (how === 'exists') return given === values.length > 0;
  if (how === 'times') return true;
  const operand = operandOf(given, x);
  if (operand === UNKNOWN) return UNKNOWN;
  const order = (right: (n: number) => boolean): boolean =>
    operand !== undefined &&
    values.some((v) => typeof v === typeof operand && right(v === operand ? 0 : (v as number) < (operand as number) ? -1 : 1));
  switch (how) {
    case 'not':
      return !values.some((v) => (Array.isArray(operand) ? operand.includes(v) : v === operand));
    case 'in':
      return values.some((v) => (operand as unknown[]).includes(v));
    case 'gt':
      return order((n) => n > 0);
    case 'gte':
      return order((n) => n >= 0);
    case 'lt':
      return order((n) => n < 0);
    case 'lte':
      return order((n) => n <= 0);
    case 'fact': {
      const other = factOf(x, String(test['fact']));
      return other === UNKNOWN ? UNKNOWN : values.some((v) => (Array.isArray(other) ? other.includes(v) : v === other));
    }
    default:
      return UNKNOWN;
  }
}

function operandOf(given: unknown, x: Look): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const { fact, times } = given as { fact?: string; times?: number };
  if (fact === undefined) return UNKNOWN;
  const value = factOf(x, fact);
  return typeof value === 'number' && times !== undefined ? value * times : value;
}
