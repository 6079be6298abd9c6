import { expect, it } from '@jest/globals';
import { TICKETS } from '@gongdan/contracts';
import { idOf, newId, Unavailable } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { messageOf, type ParkedRow } from '../inbox/parked.js';
import { discardParked, redriveDue, redriveTicket } from '../inbox/redrive.js';
import { AT, type BusRig, WITHDRAWN } from './bus-rig.suite.js';

/** Events that cannot be applied, and those behind them. */
export function parkingSuite(rig: BusRig): void {
  const { fresh, consumerWith, join, relay, append, applied } = rig;

  it('parks the events of a ticket in order behind one that fails, applies those of other tickets, and redrives the parked ones', async () => {
    await fresh();
    relay();
    let broken: Error | undefined = new TypeError('a bug');
    const c = consumerWith((e) => {
      if (broken && e.data.reason === 'poison') throw broken;
    });
    await join(c);
    const [bad, good] = [newId(), newId()];
    await Promise.all([append(bad, 'a', 'poison', 'b', 'c'), append(good, 'a', 'b', 'c')]);
    await eventually(async () => expect(await applied(good)).toEqual(['a', 'b', 'c']));
    const parked = () =>
      rig.consumer.rows<{ kind: string; seq: number }>('select kind, seq from parked_events where ticket_id = $1::uuid order by id', [bad]);
    await eventually(async () => expect((await parked()).map((p) => `${p.kind} ${p.seq}`)).toEqual(['poison 2', 'behind 3', 'behind 4']));
    expect(await applied(bad)).toEqual(['a']);
    const places = () =>
      rig.consumer.rows('select id, parked_at, kind, seq, tried_by from parked_events where ticket_id = $1::uuid order by id', [bad]);
    const before = await places();
    const attempts = async () =>
      (
        await rig.consumer.rows<{ attempts: number }>('select attempts from parked_events where ticket_id = $1::uuid order by id', [bad])
      ).map((p) => p.attempts);
    const tries = await attempts();
    expect(await redriveTicket(rig.consumer, c, { org: 'acme', ticketId: bad }, 'ops')).toEqual({ tried: 3, left: 3 });
    expect(await places()).toEqual(before);
    expect(await attempts()).toEqual(tries.map((n) => n + 1));
    broken = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    await expect(redriveTicket(rig.consumer, c, { org: 'acme', ticketId: bad }, 'ops')).rejects.toThrow();
    expect(await places()).toEqual(before);
    // This is the state that a killed redrive leaves.
    await rig.consumer.run('update parked_events set tried_by = $1 where ticket_id = $2::uuid', [newId(), bad]);
    await append(bad, 'd');
    await eventually(async () =>
      expect((await parked()).map((p) => `${p.kind} ${p.seq}`)).toEqual(['poison 2', 'behind 3', 'behind 4', 'behind 5']),
    );
    expect(await applied(bad)).toEqual(['a']);
    broken = undefined;
    // When two redrives run at once, the first has lost its records to the second and applies none of them.
    const held = await rig.consumer.rows<ParkedRow>(
      'select * from parked_events where ticket_id = $1::uuid and tried_by is not null order by id',
      [bad],
    );
    await c.apply(held.map(messageOf), undefined, { id: newId(), lastParked: held.at(-1)?.id ?? 0 });
    expect(await applied(bad)).toEqual(['a']);
    expect(await redriveTicket(rig.consumer, c, { org: 'acme', ticketId: bad }, 'ops')).toEqual({ tried: 4, left: 0 });
    expect(await applied(bad)).toEqual(['a', 'poison', 'b', 'c', 'd']);
    await append(bad, 'e');
    await eventually(async () => expect(await applied(bad)).toEqual(['a', 'poison', 'b', 'c', 'd', 'e']));
  });

  it('parks a ticket whose pack is missing, retries it by itself, and applies events of other tickets meanwhile', async () => {
    await fresh();
    relay();
    // The topic also holds events of other tests.
    const tooEarly = `early ${newId()}`;
    let early = true;
    const c = consumerWith((e) => {
      if (early && e.data.reason === tooEarly) throw new Unavailable('spec/not-yet');
    });
    await join(c);
    const [waits, good] = [newId(), newId()];
    await Promise.all([append(waits, 'a', tooEarly, 'b'), append(good, 'a', 'b', 'c')]);
    await eventually(async () => expect(await applied(good)).toEqual(['a', 'b', 'c']));
    const parked = () =>
      rig.consumer.rows<{ kind: string; code: string; again: boolean }>(
        'select kind, code, again_at is not null as again from parked_events where ticket_id = $1::uuid order by id',
        [waits],
      );
    await eventually(async () =>
      expect(await parked()).toEqual([
        { kind: 'poison', code: 'spec/not-yet', again: true },
        { kind: 'behind', code: 'messaging/behind', again: false },
      ]),
    );
    await eventually(async () => expect(await redriveDue(rig.consumer, c)).toBe(1));
    expect(await redriveDue(rig.consumer, c)).toBe(0);
    early = false;
    await eventually(async () => expect(await redriveDue(rig.consumer, c)).toBe(1));
    expect(await applied(waits)).toEqual(['a', tooEarly, 'b']);
    expect(await parked()).toEqual([]);
  });

  it('discards a parked record with a reason, and applies the events behind it', async () => {
    await fresh();
    relay();
    const c = consumerWith((e) => {
      if (e.data.reason === 'poison') throw new TypeError('a bug');
    });
    await join(c);
    const ticket = newId();
    await append(ticket, 'poison', 'a', 'b');
    const parked = () => rig.consumer.rows<{ id: number }>('select id from parked_events where ticket_id = $1::uuid order by id', [ticket]);
    await eventually(async () => expect(await parked()).toHaveLength(3));
    await expect(discardParked(rig.consumer, c, (await parked())[1]?.id ?? 0, 'ops', 'not the first')).rejects.toMatchObject({
      code: 'messaging/not-first',
    });
    await expect(discardParked(rig.consumer, c, (await parked())[0]?.id ?? 0, 'ops', ' ')).rejects.toMatchObject({
      code: 'messaging/reason-missing',
    });
    expect(await discardParked(rig.consumer, c, (await parked())[0]?.id ?? 0, 'ops', 'nonsense from a test')).toEqual({
      tried: 2,
      left: 0,
    });
    expect(await applied(ticket)).toEqual(['a', 'b']);
    const audit = await rig.consumer.rows<{ action: string; reason: string | null }>('select action, reason from parked_audit order by id');
    expect(audit[0]).toEqual({ action: 'discard', reason: 'nonsense from a test' });
  });

  it('parks unreadable records and ignores events without a handler', async () => {
    await fresh();
    await join(consumerWith());
    const ticket = newId();
    const wire = (
      seq: number,
      more: Record<string, string> = {},
      value: Buffer = Buffer.from(JSON.stringify({ reason: `w${seq}`, withdrawnAt: AT })),
    ) => ({
      key: ticket,
      value,
      headers: {
        ce_id: idOf(ticket, seq),
        ce_source: '/gongdan/intake',
        ce_type: WITHDRAWN.name,
        ce_eventversion: '1',
        ce_subject: ticket,
        ce_org: 'acme',
        ce_sequence: String(seq),
        ce_time: AT,
        ...more,
      },
    });
    const parked = () => rig.consumer.rows<{ kind: string; code: string }>('select kind, code from parked_events order by id');
    await rig.bus.publish(TICKETS.name, [
      { key: 'x', headers: {}, value: Buffer.from([0xff, 0, 1]) },
      wire(1, { ce_type: 'intake.unknown-event' }),
      wire(2),
      wire(3, {}, Buffer.from('{"reason": "trunca')),
      wire(3),
      wire(4, { ce_eventversion: '99' }),
      wire(5),
    ]);
    await eventually(async () => expect(await applied(ticket)).toEqual(['w2', 'w3']));
    await eventually(async () =>
      expect(new Set((await parked()).map((p) => `${p.kind} ${p.code}`))).toEqual(
        new Set([
          'unreadable messaging/no-address',
          'unreadable messaging/not-json',
          'poison messaging/newer-version',
          'behind messaging/behind',
        ]),
      ),
    );
  });

  it('keeps no mark and parks nothing of a producer without any handler here', async () => {
    await fresh();
    relay();
    await join(consumerWith());
    const ticket = newId();
    const strange = (seq: number, value: string) => ({
      key: ticket,
      value: Buffer.from(value),
      headers: {
        ce_id: idOf(ticket, seq),
        ce_source: '/gongdan/sla',
        ce_type: 'sla.clock-started',
        ce_eventversion: '1',
        ce_subject: ticket,
        ce_org: 'acme',
        ce_sequence: String(seq),
        ce_time: AT,
      },
    });
    await rig.bus.publish(TICKETS.name, [strange(1, '{}'), strange(7, '{"trunca')]);
    await append(ticket, 'a', 'b');
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b']));
    expect(await rig.consumer.rows('select producer, last_seq from marks where ticket_id = $1::uuid', [ticket])).toEqual([
      { producer: 'intake', last_seq: 2 },
    ]);
    expect(
      await rig.consumer.rows(
        "select 1 from parked_events where headers ->> 'ce_subject' = $1 union all select 1 from gaps where ticket_id = $1::uuid",
        [ticket],
      ),
    ).toEqual([]);
  });
}
