import { type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventOf } from '@gongdan/messaging';
import { TestService } from '@gongdan/messaging/testing';
import { Directories, Fanout } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { reporting } from '../src/reporting.module.js';
import { liveChannel } from '../src/domain/live.js';
import { AT, dispatched, registered, subject } from './tickets.js';

describe('live updates', () => {
  let s: TestService;
  const aborts: AbortController[] = [];

  const listen = async (id: string, more: { expires?: string; org?: string; roles?: string[] } = {}) => {
    const abort = new AbortController();
    aborts.push(abort);
    const headers = { authorization: `Bearer ${await s.token({ id, ...more })}` };
    return { abort, answer: await fetch(`${s.running.url}/v1/live`, { headers, signal: abort.signal }) };
  };

  beforeAll(async () => {
    s = await TestService.start(reporting);
  });
  afterAll(async () => {
    for (const abort of aborts) abort.abort();
    await s.close();
  });

  it('delivers live updates to the listeners of the organisation only', async () => {
    const { answer, abort } = await listen('ana');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const delivered = eventually(async () => {
      await s.deliver(registered(subject('other'), 'GDX'));
      await s.deliver(registered(subject(), 'GD202603000003'));
    });
    let received = '';
    while (!received.includes('GD202603000003')) received += new TextDecoder().decode((await reader.read()).value);
    await delivered;
    expect(received).toContain('event: ticket');
    expect(received).not.toContain('GDX');
    abort.abort();
  });

  it('ends a live connection when its token expires', async () => {
    const { answer } = await listen('shortly', { expires: '8s' });
    expect(answer.status).toBe(200);
    await answer.text();
  });

  it('follows the directory while it is open: who changes units sees the new one, who leaves is disconnected', async () => {
    const org = 'moving';
    const enter = (kind: 'unit' | 'person' | 'membership', id: string, value: unknown) =>
      s.deliver(eventOf(org, { kind, id, value } as Parameters<typeof eventOf>[1], AT));
    const names = { 'zh-CN': '单位', en: 'Unit' };
    await enter('unit', 'billing', { names });
    await enter('unit', 'network', { names });
    await enter('person', 'mo', { name: 'Mo' });
    await enter('membership', 'mo billing', { roles: ['handler'] });
    const rolesIn = async (unit: string) => (await s.running.app.nest.get(Directories, { strict: false }).of(org)).rolesOf('mo', unit, AT);
    await eventually(async () => expect(await rolesIn('billing')).toEqual(['handler']));
    const { answer } = await listen('mo', { org, roles: [] });
    let received = '';
    const ended = (async () => {
      const decoder = new TextDecoder();
      for await (const part of answer.body as ReadableStream<Uint8Array>) received += decoder.decode(part);
      return true;
    })();
    // Tickets and the directory are different topics: the next change of the directory waits until this was heard.
    const tell = async (number: string, unit: string): Promise<void> => {
      const one = subject(org);
      await s.deliver(registered(one, number));
      await s.deliver(dispatched(one, 1, 0, unit));
      await eventually(async () =>
        expect(
          await s.running.app.database.rows('select 1 from ticket_rows where id = $1 and unit = $2', [one.ticketId, unit]),
        ).toHaveLength(1),
      );
    };
    await eventually(async () => {
      await tell('GD-BEFORE', 'billing');
      expect(received).toContain('GD-BEFORE');
    });
    await tell('GD-STRANGE', 'network');
    await tell('GD-STILL', 'billing');
    await eventually(() => expect(received).toContain('GD-STILL'));
    await enter('membership', 'mo network', { roles: ['handler'] });
    await enter('membership', 'mo billing', undefined);
    await eventually(async () => {
      await tell('GD-AFTER', 'network');
      expect(received).toContain('GD-AFTER');
    });
    await eventually(async () => expect(await rolesIn('billing')).toEqual([]));
    await tell('GD-LEFT-BEHIND', 'billing');
    await tell('GD-LAST', 'network');
    await eventually(() => Promise.resolve(expect(received).toContain('GD-LAST')));
    expect(received).not.toMatch(/GD-STRANGE|GD-LEFT-BEHIND/);
    await enter('person', 'mo', { name: 'Mo', activeUntil: AT });
    expect(await ended).toBe(true);
  });

  it('refuses the eleventh live connection of a caller with 429 until one of the ten is closed', async () => {
    const listeners = await Promise.all(Array.from({ length: 10 }, () => listen('greedy')));
    expect(listeners.map(({ answer }) => answer.status)).toEqual(Array(10).fill(200));
    const { answer } = await listen('greedy');
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(await answer.json()).toMatchObject({ code: 'reporting/too-many-listeners' });
    expect((await listen('modest')).answer.status).toBe(200);
    listeners[0]?.abort.abort();
    await eventually(async () => expect((await listen('greedy')).answer.status).toBe(200));
  });

  it('disconnects a live listener that does not read once 64 KiB wait for it', async () => {
    const { hostname, port } = new URL(s.running.url);
    const token = await s.token({ id: 'asleep' });
    const serverSide = new Promise<Socket>((accepted) => (s.running.app.nest.getHttpServer() as Server).once('connection', accepted));
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    const served = await serverSide;
    socket.write(`GET /v1/live HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
    await new Promise((answered) => socket.once('data', answered));
    socket.pause();
    const fanout = s.running.app.nest.get(Fanout, { strict: false });
    const publish = (kib: number): void => {
      for (let i = 0; i < kib; i += 4)
        fanout.publish(liveChannel('acme'), JSON.stringify({ ticketId: 'x'.repeat(4_096), unit: null, from: null }));
    };
    // The kernel takes some megabytes before the service can notice that the client does not read.
    await eventually(async () => {
      if (!served.writableNeedDrain) publish(64);
      expect(served.writableNeedDrain).toBe(true);
    });
    // 64 KiB, and the 32 updates that the streams in between hold.
    publish(512);
    await eventually(async () => expect(served.destroyed).toBe(true));
    socket.destroy();
  });
});
