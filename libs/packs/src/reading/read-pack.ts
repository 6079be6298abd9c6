import { Unavailable } from '@gongdan/kernel';
import { z } from 'zod';
import { PackFormat2 } from '../format2/pack.js';
import { Pack } from '../format1/pack.js';
import { type RuntimePack, runtimeOf } from './runtime.js';
import { fromFormat1 } from '../format1/upcast.js';

/**
 * One reader per format: it returns the pack as today's code expects it. A change of the structure raises `pack.format` and adds an upcaster
 * from the format before.
 */
const READERS: Readonly<Record<number, (stored: unknown) => RuntimePack>> = {
  1: (stored) => fromFormat1(mustHave(FORMAT1, stored) as Pack),
  2: (stored) => runtimeOf(withoutScenarios(mustHave(FORMAT2, stored) as PackFormat2)),
};

/** The structure the code relies on, derived from the schemas of publishing without their rules and with open objects. */
const FORMAT1 = structureOf(Pack);
// Scenarios are not part of a running process: they are not kept in memory.
const FORMAT2 = structureOf(PackFormat2.omit({ scenarios: true }));

function withoutScenarios(pack: PackFormat2): PackFormat2 {
  const copy = { ...pack };
  delete copy.scenarios;
  return copy;
}

/**
 * Reads a pack that was stored after it was checked, by its format. Rules are not checked again: a rule that is added later must not stop tickets
 * that run on an older version. Throws `Unavailable('packs/unreadable')` when the format is unknown or the structure is not that of a pack; whatever
 * needs the pack then waits for a release that can read it.
 */
export function readPack(stored: unknown): RuntimePack {
  const format = (stored as { pack?: { format?: unknown } } | null)?.pack?.format;
  const read = typeof format === 'number' && Object.hasOwn(READERS, format) ? READERS[format] : undefined;
  if (!read) throw unreadable(`format ${JSON.stringify(format) ?? 'none'} is unknown here`);
  return read(stored);
}

function mustHave(structure: z.ZodType, stored: unknown): unknown {
  const parsed = structure.safeParse(stored);
  if (parsed.success) return stored;
  const [first] = parsed.error.issues;
  throw unreadable(`${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`);
}

const unreadable = (why: string): Unavailable => new Unavailable('packs/unreadable', {}, `the stored pack cannot be read: ${why}`);

function structureOf(schema: z.core.$ZodType): z.ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return z.looseObject(Object.fromEntries(Object.entries(def.shape).map(([key, value]) => [key, structureOf(value)])));
    case 'array':
      return z.array(structureOf(def.element));
    case 'record':
      return z.record(z.string(), structureOf(def.valueType));
    case 'tuple':
      return z.array(z.unknown());
    case 'unknown':
      return z.unknown();
    case 'nullable':
      return structureOf(def.innerType).nullable();
    case 'null':
      return z.null();
    case 'optional':
      return structureOf(def.innerType).optional();
    case 'union':
      return z.union(def.options.map(structureOf));
    case 'enum':
    case 'literal':
      return z.union([z.string(), z.number(), z.boolean()]);
    case 'string':
      return z.string();
    case 'number':
      return z.number();
    case 'boolean':
      return z.boolean();
    default:
      throw new Error(`the schema of packs uses ${def.type}, which no stored pack can be read by yet`);
  }
}
