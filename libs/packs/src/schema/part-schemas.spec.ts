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
  it('accept the example pack and refuse a misspelt key', () => {
    const { json, directory } = readPackFolder(exampleFolder);
    for (const [part, value] of Object.entries({ ...json, 'sample-directory': directory })) {
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schemas[part as keyof typeof schemas]);
      expect([part, validate(value), validate.errors]).toEqual([part, true, null]);
      expect(validate(Array.isArray(value) ? [{ kee: 1 }] : { ...(value as Json), kee: 1 })).toBe(false);
    }
  });
});
