import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outcome, pointers } from './problem-answers.suite.js';
import { type Sample, startSample } from '../sample-service.js';

let sample: Sample;
beforeAll(async () => {
  sample = await startSample();
});
afterAll(() => sample.stop());

const post = (body: string) => sample.call('POST', '/v1/things', { body, headers: { 'content-type': 'application/json' } });

describe('bodies that cost too much', () => {
  const numbered = (n: number, value: (i: number) => string) => Array.from({ length: n }, (_, i) => value(i)).join(',');

  it.each([
    ['100,000 unknown keys', `{${numbered(100_000, (i) => `"${i}":1`)}}`, 'platform/too-many-values'],
    ['a list of 300,000 wrong elements', `{"name":"x","tags":[${numbered(300_000, () => '1')}]}`, 'platform/too-many-values'],
    ['300,000 empty objects', `{"name":"x","tags":[${numbered(300_000, () => '{}')}]}`, 'platform/too-many-values'],
    ['20,000 levels', `{"name":"x","place":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`, 'platform/too-deep'],
    ['1,900 unknown keys', `{"name":"x",${numbered(1_900, (i) => `"k${i}":1`)}}`, 'platform/invalid-input'],
    ['1,900 wrong elements', `{"name":"x","tags":[${numbered(1_900, () => '1')}]}`, 'platform/invalid-input'],
    ['990 wrong elements with a property each', `{"name":"x","tags":[${numbered(990, () => '{"a":1}')}]}`, 'platform/invalid-input'],
    [
      'half a megabyte of wrong attributes',
      `{"name":"x","attributes":{${numbered(900, (i) => `"${i}":["${'x'.repeat(500)}"]`)}}}`,
      'platform/invalid-input',
    ],
    ['a key of a megabyte', `{"name":"x","${'k'.repeat(1_000_000)}":1}`, 'platform/invalid-input'],
  ])('answers 400 with at most 50 pointers to a body of %s', async (_, body, code) => {
    const answer = await post(body);
    expect(outcome(answer)).toBe(`400 ${code}`);
    expect(JSON.stringify(answer.body).length).toBeLessThan(20_000);
    expect(pointers(answer).length).toBeLessThanOrEqual(50);
  });

  it('accepts a large body on a route that declares @LargeBody', async () => {
    const answer = await sample.call('POST', '/v1/large-things', { json: { items: Array.from({ length: 5_000 }, (_, i) => i) } });
    expect(answer).toMatchObject({ status: 201, body: { items: 5_000 } });
  });
});

describe('a property that appears twice', () => {
  it.each([
    ['in the body', '{"name":"x","name":"y"}', '/name'],
    ['in a nested object', '{"name":"x","place":{"area":"a","area":"a"}}', '/place/area'],
    ['in an element of a list', '{"name":"x","tags":[{},{"a":1,"a":2}]}', '/tags/1/a'],
    ['with one of the two escaped', '{"name":"x","n\\u0061me":"y"}', '/name'],
    ['after a text that holds quotes and braces', '{"text":"\\"},{\\\\","name":"x","name":"y"}', '/name'],
  ])('refuses a property that appears twice %s', async (_, body, pointer) => {
    const answer = await post(body);
    expect(outcome(answer)).toBe('400 platform/duplicate-key');
    expect(pointers(answer)).toEqual([pointer]);
  });

  it('accepts the same property in two different objects', async () => {
    expect((await post('{"name":"name","text":"\\"name\\":","place":{"area":"name"},"tags":["name","name"]}')).status).toBe(201);
  });
});
