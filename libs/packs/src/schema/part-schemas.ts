import { z } from 'zod';
import { type Format2Part, PackFormat2, SampleDirectory } from '../format2/index.js';
import { WORDS_OF_PLACES } from './words-of-places.js';
import { PROCESS_WORDS } from './words-of-process.js';
import { SERVICE_WORDS } from './words-of-services.js';

export type SchemaPart = Format2Part | 'sample-directory';

const TITLES: Readonly<Record<SchemaPart, readonly [string, string]>> = {
  pack: ['封面：标识、版本、名称、角色', 'The cover: key, version, names, roles'],
  catalogue: ['目录：类型、分类、优先级', 'What a ticket can be about'],
  forms: ['表单：动作要填写的内容', 'What actions ask for'],
  intake: ['受理：渠道、编号、必填项', 'How tickets come in'],
  process: ['流程：环节、动作、自动处理', 'Steps, actions and reactions'],
  routing: ['派单表', 'Who gets which ticket'],
  sla: ['日历和时限', 'Calendars and clocks'],
  notify: ['通知', 'Notices'],
  scenarios: ['场景：流程包自己的验收测试', "The pack's own acceptance tests"],
  'sample-directory': ['示例通讯录，不随包发布', 'Units and people for demos and scenarios; never published'],
};

const DESCRIPTIONS: Readonly<Record<string, readonly [string, string]>> = { ...PROCESS_WORDS, ...SERVICE_WORDS };

/**
 * One JSON Schema (draft 2020-12) per part of a format-2 pack, with descriptions in Chinese and English, for editors that complete and check YAML. Names
 * that other parts declare are not in it: `checkPack` checks these.
 */
export function partSchemas(): Record<SchemaPart, Record<string, unknown>> {
  const shapes = { ...PackFormat2.shape, 'sample-directory': SampleDirectory };
  return Object.fromEntries(
    (Object.keys(TITLES) as SchemaPart[]).map((part) => {
      const schema = z.toJSONSchema(shapes[part], { io: 'input', unrepresentable: 'any', reused: 'ref' }) as Record<string, unknown>;
      shortened(schema, part);
      describeProperties(schema, part);
      const [zh, en] = TITLES[part];
      return [part, { ...schema, title: `${part}.yaml`, description: `${zh}\n\n${en}` }];
    }),
  ) as unknown as Record<SchemaPart, Record<string, unknown>>;
}

/** Keys that `disk/short-forms.ts` fills in, by part. */
const LEFT_OUT: Readonly<Partial<Record<SchemaPart, readonly string[]>>> = {
  catalogue: ['urgencies', 'impacts', 'matrix'],
  intake: ['required', 'gapFree'],
  sla: ['calendars', 'clocks', 'warnings', 'zone'],
  notify: ['channel', 'repeat'],
};
const DAY = '(mon|tue|wed|thu|fri|sat|sun)';
const HOLIDAY = String.raw`^\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?$`;

/** Admits what an author may write shorter on disk. */
function shortened(schema: unknown, part: SchemaPart): void {
  if (typeof schema !== 'object' || schema === null) return;
  const json = schema as { required?: unknown; propertyNames?: { enum?: unknown[] }; properties?: { holidays?: { items?: unknown } } };
  if (Array.isArray(json.required)) {
    json.required = json.required.filter((key) => !LEFT_OUT[part]?.includes(String(key)));
  }
  if (json.propertyNames?.enum?.includes('mon'))
    json.propertyNames = { anyOf: [json.propertyNames, { pattern: `^${DAY}-${DAY}$` }] } as object;
  const holidays = json.properties?.holidays;
  if (holidays?.items) holidays.items = { anyOf: [holidays.items, { type: 'string', pattern: HOLIDAY }] };
  for (const value of Object.values(schema)) shortened(value, part);
}

function describeProperties(schema: unknown, part: string, parent = ''): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key !== 'properties' || typeof value !== 'object' || value === null) {
      describeProperties(value, part, parent);
      continue;
    }
    for (const [name, property] of Object.entries(value as Record<string, unknown>)) {
      const place = part === 'scenarios' ? undefined : WORDS_OF_PLACES[`${parent}.${name}`];
      const words = place ?? DESCRIPTIONS[`${part}.${name}`] ?? DESCRIPTIONS[name];
      if (words && typeof property === 'object' && property !== null)
        Object.assign(property, { description: `${words[0]}\n\n${words[1]}` });
      describeProperties(property, part, name);
    }
  }
}
