import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { streamOf } from './streaming.js';

async function* failing(after: number, ended: string[] = []): AsyncGenerator<string> {
  try {
    for (let i = 0; i < after; i++) yield `${i};`;
    throw new Error('the database went away');
  } finally {
    ended.push('released');
  }
}

describe('a streamed answer', () => {
  it('streams all items in order', async () => {
    async function* items(): AsyncGenerator<string> {
      yield* ['a', 'b', 'c'];
    }
    expect((await (await streamOf(items(), new PassThrough())).toArray()).join('')).toBe('abc');
  });

  it('rejects when the first item of a stream fails', async () => {
    await expect(streamOf(failing(0), new PassThrough())).rejects.toThrow('went away');
  });

  it('ends the stream with the error of a later item, and handles it', async () => {
    const stream = await streamOf(failing(2), new PassThrough());
    await expect(stream.toArray()).rejects.toThrow('went away');
  });

  it('releases its source when the client disconnects', async () => {
    const ended: string[] = [];
    const stream = await streamOf(failing(1e9, ended), new PassThrough());
    await new Promise((read) => stream.once('data', read));
    stream.destroy();
    await new Promise<void>((closed) => stream.once('close', () => setImmediate(closed)));
    expect(ended).toEqual(['released']);
  });
});
