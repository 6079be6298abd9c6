import { readFileSync } from 'node:fs';

/** The servers of a test run. `npm test` starts them on free ports and names them in GONGDAN_TEST_STACK (JSON, or the path of a JSON file). */
export interface TestStack {
  /** Superuser URL of a Postgres server in which tests create and drop databases. */
  postgres: string;
  kafka: string;
  redis: string;
}

export function testStack(): TestStack {
  const text = process.env['GONGDAN_TEST_STACK'];
  if (!text)
    throw new Error(
      'GONGDAN_TEST_STACK is not set: run the tests through `npm test`, or `node tools/test-stack.mjs` for a stack that stays up',
    );
  return JSON.parse(text.startsWith('{') ? text : readFileSync(text, 'utf8')) as TestStack;
}
