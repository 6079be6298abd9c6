import { newId } from '@gongdan/kernel';
import { type Asked, LOOK } from './checker/asked.js';
import { type Doors, type Reply } from './door.js';
import { fill } from './fill.js';
import { type ProductClock } from './product-clock.js';
import { type Actor, type World } from './world.js';

interface TaskSeen {
  no: number;
  step: string;
  lead: boolean;
  holder: { unit?: string; role?: string; person?: string };
  version: number;
  actions: string[];
}
interface CaseSeen {
  version: number;
  phase: string;
  actions: string[];
  tasks: TaskSeen[];
}
interface Wish {
  ticketId: string;
  action: string;
  task?: number;
  input: Record<string, unknown>;
  seen?: number;
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** Actors who work on the cases of their organisation all at once, legally and not. Everything they ask and are answered is kept. */
export class Actors {
  readonly asked: Asked[] = [];
  readonly answers = new Map<string, number>();
  /** Where each case was seen last, by any actor: whom it may concern. */
  private readonly board = new Map<string, CaseSeen>();
  private stopping = false;
  private readonly loops: Promise<void>[] = [];

  constructor(
    private readonly doors: Doors,
    private readonly random: () => number,
    private readonly token: (actor: Actor) => Promise<string>,
    /** The mean pause of an actor between two cases. */
    private readonly thinkMs: number,
    private readonly clock: ProductClock,
  ) {}

  /** Looks at a case with the eyes of somebody who sees all, so that the first actors know whom it concerns. */
  async look(ticketId: string, token: string): Promise<void> {
    const got = await this.doors.call('GET', `/v1/cases/${ticketId}`, token);
    if (got.status === 200) this.board.set(ticketId, got.body as unknown as CaseSeen);
  }

  start(w: World, actor: Actor): void {
    this.loops.push(this.live(w, actor));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.loops);
  }

  private pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.random() * list.length)];
  }

  private async live(w: World, actor: Actor): Promise<void> {
    const token = await this.token(actor);
    await pause(this.random() * this.thinkMs);
    while (!this.stopping) {
      await this.clock.during(() => this.once(w, actor, token));
      for (const until = performance.now() + this.thinkMs * (0.5 + this.random()); !this.stopping && performance.now() < until;)
        await pause(100);
    }
  }

  /** A case that seems to concern the actor, mostly. */
  private choose(w: World, actor: Actor): string | undefined {
    if (this.random() < 0.2) return this.pick(w.cases);
    const mine = w.cases.filter((id) => {
      const seen = this.board.get(id);
      return (
        seen !== undefined &&
        seen.tasks.some((t) =>
          t.holder.person === undefined ? actor.units.includes(t.holder.unit ?? '') : t.holder.person === actor.person.id,
        )
      );
    });
    return this.pick(mine) ?? this.pick(w.cases);
  }

  private async once(w: World, actor: Actor, token: string): Promise<void> {
    const ticketId = this.choose(w, actor);
    if (ticketId === undefined) return;
    let seen: CaseSeen | undefined;
    const look: Asked = {
      correlation: newId(),
      actor: actor.person.id,
      ticketId,
      action: LOOK,
      body: '',
      sent: this.clock.now(),
    };
    try {
      const got = await this.doors.call('GET', `/v1/cases/${ticketId}`, token);
      this.count(`GET ${got.status}`);
      if (got.status === 200) seen = got.body as unknown as CaseSeen;
      const { code } = got.body;
      Object.assign(look, { answered: this.clock.now(), status: got.status, ...(typeof code === 'string' ? { code } : {}) });
      if (seen !== undefined) look.version = seen.version;
      this.asked.push(look);
    } catch {
      this.count('GET lost');
      return;
    }
    if (seen !== undefined) this.board.set(ticketId, seen);
    const wish = this.wish(w, actor, ticketId, seen);
    if (wish === undefined) return;
    await this.fulfil(w, actor, token, wish);
  }

  /** What the actor wants to do: mostly something that the case offers, now and then anything. */
  private wish(w: World, actor: Actor, ticketId: string, seen: CaseSeen | undefined): Wish | undefined {
    const legal = (seen?.tasks ?? []).flatMap((t) => t.actions.map((action) => ({ action, t })));
    const ofCase = (seen?.actions ?? []).filter((a) => !legal.some((l) => l.action === a)).map((action) => ({ action, t: undefined }));
    const pools = (seen?.tasks ?? []).filter((t) => t.holder.person === undefined && actor.units.includes(t.holder.unit ?? ''));
    const lead = seen?.tasks.find((t) => t.lead);
    const roll = this.random();
    let chosen: { action: string; t: TaskSeen | undefined } | undefined;
    if (roll < 0.06 && pools.length > 0) chosen = { action: 'take', t: this.pick(pools) };
    else if (roll < 0.08) chosen = { action: this.random() < 0.5 ? 'note' : 'watch', t: undefined };
    // Urging moves nothing: it is chosen rarely, so that the others are not crowded out.
    else if (roll < 0.88) chosen = this.pick(legal) ?? (this.random() < 0.15 ? this.pick(ofCase) : undefined);
    if (chosen === undefined && (roll >= 0.88 || this.random() < 0.1))
      chosen = {
        action: this.pick(Object.keys(w.pack.process.actions)) ?? 'accept',
        t: this.random() < 0.3 ? this.pick(seen?.tasks ?? []) : undefined,
      };
    if (chosen === undefined) return undefined;
    const { action, t } = chosen;
    const input =
      action === 'note'
        ? { text: 'noted' }
        : action === 'take' || action === 'watch'
          ? {}
          : fill(w, action, t?.holder.unit ?? lead?.holder.unit, this.random, this.clock);
    const match = this.random();
    const version = t?.version ?? lead?.version;
    const isVerb = action === 'note' || action === 'watch';
    return {
      ticketId,
      action,
      input,
      ...(t === undefined || (t.lead && this.random() < 0.8) ? {} : { task: t.no }),
      ...(isVerb || version === undefined || match > 0.75 || t === undefined
        ? {}
        : { seen: match < 0.07 ? Math.max(1, version - 1) : version }),
    };
  }

  private async fulfil(w: World, actor: Actor, token: string, wish: Wish): Promise<void> {
    const key = this.random() < 0.7 ? newId() : undefined;
    if (key === undefined) {
      await this.send(actor, token, wish, undefined);
      return;
    }
    const roll = this.random();
    // The same request twice at the same moment, at two replicas perhaps.
    if (roll < 0.1) await Promise.all([this.send(actor, token, wish, key), this.send(actor, token, wish, key)]);
    // The same key for two cases at the same moment.
    else if (roll < 0.16) {
      const other = this.pick(w.cases) ?? wish.ticketId;
      await Promise.all([this.send(actor, token, wish, key), this.send(actor, token, { ...wish, ticketId: other }, key)]);
    } else {
      let answer = await this.send(actor, token, wish, key);
      // After a lost answer the client asks again with its key.
      for (let again = 0; answer === undefined && again < 4; again++) {
        await pause(200);
        answer = await this.send(actor, token, wish, key);
      }
      if (roll < 0.3) await this.send(actor, token, wish, key);
      else if (roll < 0.38) await this.send(actor, token, { ...wish, input: { ...wish.input, note: 'another body' } }, key);
    }
  }

  private async send(actor: Actor, token: string, wish: Wish, key: string | undefined): Promise<Reply | undefined> {
    const { ticketId, action, task, input, seen } = wish;
    const asked: Asked = {
      correlation: newId(),
      actor: actor.person.id,
      ticketId,
      action,
      body: JSON.stringify([task, input]),
      sent: this.clock.now(),
      ...(task === undefined ? {} : { task }),
      ...(seen === undefined ? {} : { seen }),
      ...(key === undefined ? {} : { key }),
    };
    this.asked.push(asked);
    const path = task === undefined ? `/v1/cases/${ticketId}/actions/${action}` : `/v1/cases/${ticketId}/tasks/${task}/actions/${action}`;
    try {
      const reply = await this.doors.call('POST', path, token, input, {
        'x-correlation-id': asked.correlation,
        ...(seen === undefined ? {} : { 'if-match': `"v${seen}"` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      });
      const code = typeof reply.body['code'] === 'string' ? reply.body['code'] : undefined;
      this.count(
        `${action === 'take' ? 'take ' : ''}${reply.status} ${code ?? (reply.headers['idempotency-replayed'] === 'true' ? 'replayed' : '')}`,
      );
      if (reply.status >= 500) return undefined;
      asked.answered = this.clock.now();
      asked.status = reply.status;
      if (code !== undefined) asked.code = code;
      if (reply.headers['idempotency-replayed'] === 'true') asked.replayed = true;
      if (reply.status === 200) {
        asked.version = Number(reply.body['version']);
        this.board.set(ticketId, reply.body as unknown as CaseSeen);
      }
      return reply;
    } catch {
      this.count('lost');
      return undefined;
    }
  }

  private count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }
}
