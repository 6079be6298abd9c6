import { type PackDocument } from './checker/documents.js';
import { type ProductClock } from './product-clock.js';
import { type World } from './world.js';

interface Field {
  type: string;
  required?: unknown;
  visible?: unknown;
  among?: string;
  choices?: Record<string, unknown>;
}

/** Fills the form of an action, mostly right: now and then a unit does not fit or a number is too high, and the product has to say so. */
export function fill(
  w: World,
  action: string,
  from: string | undefined,
  random: () => number,
  clock: ProductClock,
): Record<string, unknown> {
  const pack: PackDocument = w.pack;
  const form = pack.process.actions[action]?.form;
  const fields = (form === undefined ? {} : (pack.forms?.[form]?.fields ?? {})) as Record<string, Field>;
  const input: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (field.visible !== undefined && !fits(field.visible, input)) continue;
    const needed = field.required === true || (field.required !== undefined && fits(field.required, input));
    if (!needed && random() < 0.6) continue;
    const value = valueOf(w, name, field, from, random, clock);
    if (value !== undefined) input[name] = value;
  }
  return input;
}

/** Only equality on the input, which is what the forms of the packs of this run ask. */
function fits(when: unknown, input: Record<string, unknown>): boolean {
  return Object.entries(when as Record<string, unknown>).every(([fact, test]) => {
    const value = input[fact.replace('input.', '')];
    return Array.isArray(test) ? test.includes(value) : test === value;
  });
}

function valueOf(w: World, name: string, field: Field, from: string | undefined, random: () => number, clock: ProductClock): unknown {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  switch (field.type) {
    case 'text':
      return name.endsWith('No') ? `N${Math.floor(random() * 1e6)}` : `text ${Math.floor(random() * 1e6)}`;
    case 'boolean':
      return random() < 0.5;
    case 'choice':
      return pick(Object.keys(field.choices ?? {}));
    case 'money':
      return Math.floor(random() * 40);
    case 'date':
      return '2026-11-01';
    case 'instant':
      // Near enough for sleeps to end during the run.
      return clock.iso(1_500 + random() * 6_000);
    case 'person':
      return (pick(w.actors.filter((a) => a.units.includes(from ?? ''))) ?? pick(w.actors))?.person.id;
    case 'unit': {
      const parent = w.units.find((u) => u.key === from)?.parent;
      const near = w.units.filter((u) =>
        field.among === 'below' ? u.parent === from : field.among === 'peers' ? u.parent === parent && u.key !== from : true,
      );
      return random() < 0.06 ? (random() < 0.5 ? 'no-such-unit' : pick(w.units)?.key) : (pick(near)?.key ?? pick(w.units)?.key);
    }
    default:
      return undefined;
  }
}
