import { describe, expect, it } from '@jest/globals';
import { type Position, Positions } from './positions.js';

function recorder(refuse = 0) {
  const commits: Position[][] = [];
  let committed: () => void = () => undefined;
  const positions = new Positions(async (at) => {
    commits.push(at);
    committed();
    if (commits.length <= refuse) throw new Error('the broker is away');
  });
  const next = (n: number): Promise<void> => new Promise((resolve) => (committed = () => commits.length >= n && resolve()));
  return { positions, commits, next };
}

describe('positions', () => {
  it('commits the newest position of each partition in one request, after a moment', async () => {
    const { positions, commits, next } = recorder();
    positions.applied('t', 0, '4');
    positions.applied('t', 1, '9007199254740993');
    positions.applied('t', 0, '7');
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

  it('retries refused positions together with newer ones', async () => {
    const { positions, commits, next } = recorder(1);
    positions.applied('t', 0, '4');
    await positions.flush();
    positions.applied('t', 0, '5');
    await next(2);
    expect(commits.map((c) => c.map((p) => p.offset))).toEqual([['5'], ['6']]);
  });

  it('commits nothing after a reset, because the partitions may belong to another member', async () => {
    const { positions, commits } = recorder();
    positions.applied('t', 0, '4');
    positions.reset();
    await positions.flush();
    expect(commits).toEqual([]);
  });

  it('commits what is pending when it is closed, and never again, even when that commit is refused', async () => {
    const { positions, commits } = recorder(1);
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    positions.applied('t', 0, '4');
    const before = timers();
    await positions.close();
    expect(commits).toHaveLength(1);
    expect(timers()).toBe(before - 1);
    positions.applied('t', 0, '5');
    expect(timers()).toBe(before - 1);
    await positions.flush();
    expect(commits).toHaveLength(1);
  });

  it('does not retry a refused commit after a reset', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const commits: Position[][] = [];
    const positions = new Positions((at) => {
      commits.push(at);
      return new Promise((_, reject) => (refuse = reject));
    });
    positions.applied('t', 0, '4');
    const flushed = positions.flush();
    await Promise.resolve();
    positions.reset();
    refuse(new Error('illegal generation'));
    await flushed;
    await positions.flush();
    expect(commits).toHaveLength(1);
  });
});
