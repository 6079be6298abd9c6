import { type Duplex, pipeline, Readable } from 'node:stream';
import { logger } from '../watching/logging.js';

const log = logger('streaming');

/**
 * Writes items through `format` into a stream that starts when the first item is available. An error before that rejects, so that the client
 * gets a problem document. A later error ends the answer in the middle, which the client notices. With `a.pipe(b)` the error would have no
 * handler, and the process would end.
 */
export async function streamOf<T>(items: AsyncIterable<T>, format: Duplex): Promise<Readable> {
  const rest = items[Symbol.asyncIterator]();
  const first = await rest.next();
  const source = Readable.from(withFirst(first, rest));
  return pipeline(source, format, (error) => {
    if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') log.error('a streamed answer ended with an error', { error: String(error) });
  });
}

async function* withFirst<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
