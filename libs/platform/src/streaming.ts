import { type Duplex, pipeline, Readable } from 'node:stream';
import { logger } from './logging.js';

const log = logger('streaming');

/**
 * Items written through `format`, begun when the first of them is there: what fails before that is a problem like any other. What fails later
 * cuts the answer off in the middle, which the client sees; `a.pipe(b)` would leave the error with nobody, and that ends the process.
 */
export async function streamOf<T>(items: AsyncIterable<T>, format: Duplex): Promise<Readable> {
  const rest = items[Symbol.asyncIterator]();
  const first = await rest.next();
  const source = Readable.from(resumed(first, rest));
  return pipeline(source, format, (error) => {
    if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') log.error('an answer was cut off', { error: String(error) });
  });
}

async function* resumed<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
