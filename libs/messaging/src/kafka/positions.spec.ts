import { describe, expect, it } from '@jest/globals';
import { type Position, Positions } from './positions.js';

function recorder(refuse = 0) {
  const commits: Position[][] = [];
  let tell: () => void = () => undefined;
  const positions = new Positions(async (at) => {
    commits.push(at);
    tell();
    if (commits.length <= refuse) throw new Error('the broker is away');
  });
  const next = (n: number): Promise<void> => new Promise((resolve) => (tell = () => commits.length >= n && resolve()));
  return { positions, commits, next };
}

describe('positions', () => {
  it('commits the newest of each partition together, a moment later', async () => {
    const { positions, commits, next } = recorder();
    positions.taken('t', 0, '4');
    positions.taken('t', 1, '9007199254740993');
    positions.taken('t', 0, '7');
    await next(1);
    expect(commits).toEqual([
      [
        { topic: 't', partition: 0, offset: '8' },
        { topic: 't', partition: 1, offset: '9007199254740994' },
      ],
    ]);
    await positions.flush();
    expect(commits).toHaveLength(1);
  });

  it('tries again what was refused, with what came meanwhile', async () => {
    const { positions, commits, next } = recorder(1);
    positions.taken('t', 0, '4');
    await positions.flush();
    positions.taken('t', 0, '5');
    await next(2);
    expect(commits.map((c) => c.map((p) => p.offset))).toEqual([['5'], ['6']]);
  });

  it('commits nothing of partitions that may be somebody else’s', async () => {
    const { positions, commits } = recorder();
    positions.taken('t', 0, '4');
    positions.forget();
    await positions.flush();
    expect(commits).toEqual([]);
  });

  it('does not revive a refused commit after the partitions moved', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const commits: Position[][] = [];
    const positions = new Positions((at) => {
      commits.push(at);
      return new Promise((_, reject) => (refuse = reject));
    });
    positions.taken('t', 0, '4');
    const flushed = positions.flush();
    await Promise.resolve();
    positions.forget();
    refuse(new Error('illegal generation'));
    await flushed;
    await positions.flush();
    expect(commits).toHaveLength(1);
  });
});
