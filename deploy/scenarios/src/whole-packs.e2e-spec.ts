import { expect, it } from '@jest/globals';
import { withProduct } from './product.js';
import { playPacks } from './scenarios.js';
import { WHOLE_PACKS } from './whole.js';

it('every scenario of the packs that are called whole passes through the running product', async () => {
  const results = await withProduct((product) => playPacks(product, WHOLE_PACKS));
  const others = results.flatMap((r) => r.scenarios.filter((s) => s.verdict.kind !== 'passed').map((s) => ({ pack: r.pack.key, ...s })));
  expect(others).toEqual([]);
  expect(results.every((r) => r.scenarios.length > 0)).toBe(true);
});
