import { connect } from 'node:net';
import { expect } from '@jest/globals';
import { type Answer, type Sample } from '../sample-service.js';

/** Status and code of an answer that has everything each problem must have. */
export function outcome(answer: Answer): string {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.body).toMatchObject({
    status: answer.status,
    type: expect.any(String),
    title: expect.any(String),
    correlationId: answer.headers.get('x-correlation-id'),
    instance: expect.stringMatching(/^\//),
  });
  expect(answer.body).not.toHaveProperty('stack');
  for (const [name, value] of [
    ['x-content-type-options', 'nosniff'],
    ['cache-control', 'no-store'],
    ['x-frame-options', 'DENY'],
  ] as const)
    expect(answer.headers.get(name)).toBe(value);
  expect(answer.headers.get('x-powered-by')).toBeNull();
  return `${answer.status} ${String(answer.body['code'])}`;
}

/** Where the mistakes are, by the answer. */
export const pointers = (answer: Answer): string[] => ((answer.body['errors'] ?? []) as { pointer: string }[]).map((e) => e.pointer).sort();

/** Sends bytes that `fetch` would not send, and returns the whole answer. */
export function exchange(sample: Sample, text: string): Promise<string> {
  const { hostname, port } = new URL(sample.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
