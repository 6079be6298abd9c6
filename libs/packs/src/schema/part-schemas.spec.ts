import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readPackFolder } from '../files.js';
import { exampleFolder } from '../check/lost-property.js';
import { partSchemas } from './part-schemas.js';

type Json = Record<string, unknown>;

function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.entries(value as Json).filter(([, p]) => !/\p{Script=Han}[^]*\n\n[^]*[a-z]/u.test(String((p as Json)['description']))).map(([name]) => `${path} ${name}`) : []), // prettier-ignore
    ...undescribed(value, path),
  ]);
}

describe('the JSON Schemas of the parts', () => {
  const schemas = partSchemas();
  it.each(Object.keys(schemas))('%s describes every key in Chinese and English', (part) => {
    expect(undescribed(schemas[part as keyof typeof schemas], part)).toEqual([]);
  });
  it('accept what may be written shorter on disk', () => {
    const accepts = (part: keyof typeof schemas, value: unknown): unknown => {
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schemas[part]);
      return validate(value) || validate.errors;
    };
    const names = { 'zh-CN': '班', en: 'Desk' };
    expect(
      accepts('sla', {
        calendars: [{ key: 'desk', hours: { 'mon-fri': ['08:00-12:00'] }, holidays: ['CN', '2026-05-01', '2026-02-15..2026-02-23'] }],
      }),
    ).toBe(true);
    expect(accepts('sla', { calendars: [{ key: 'desk', hours: { monday: ['08:00-12:00'] } }] })).not.toBe(true);
    expect(accepts('intake', { channels: [{ key: 'a', names }], defaultChannel: 'a', numbering: { format: '{seq:1}', scope: [] } })).toBe(
      true,
    );
    expect(accepts('notify', { rules: [{ key: 'a', on: 'x', to: ['unit'], template: 'x' }], templates: {} })).toBe(true);
  });
  it('accept the example pack and refuse a misspelt key', () => {
    const { json, directory } = readPackFolder(exampleFolder);
    for (const [part, value] of Object.entries({ ...json, 'sample-directory': directory })) {
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schemas[part as keyof typeof schemas]);
      expect([part, validate(value), validate.errors]).toEqual([part, true, null]);
      expect(validate(Array.isArray(value) ? [{ kee: 1 }] : { ...(value as Json), kee: 1 })).toBe(false);
    }
  });
});
