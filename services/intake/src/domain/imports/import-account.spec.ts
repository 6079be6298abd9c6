import { describe, expect, it } from '@jest/globals';
import { accountMistake } from './import-account.js';

const job = { rows_done: 10, created: 5, unchanged: 2, changed: 1, rejected: 2, merged: 3 };
const written = { rows: 10, last_row: 10, lines: 13, created: 5, unchanged: 2, changed: 1, rejected: 2 };

describe('the account of an import', () => {
  it('the account is whole when every source line is a row or merged into one', () => {
    expect(accountMistake(job, written, 13)).toBeUndefined();
  });

  it.each([
    ['a source line is missing', job, written, 14],
    ['a source line is counted twice', job, written, 12],
    ['a result was not written', job, { ...written, rows: 9, created: 4, lines: 12 }, 13],
    ['a row number was passed over', { ...job, rows_done: 11 }, written, 13],
    ['outcomes were mixed up', job, { ...written, created: 6, rejected: 1 }, 13],
    ['merged lines were not counted', { ...job, merged: 2 }, written, 13],
    ['lines of results are missing', job, { ...written, lines: 12 }, 13],
  ])('is not whole when %s', (_, counters, results, lines) => {
    expect(accountMistake(counters, results, lines)).toEqual(expect.any(String));
  });
});
