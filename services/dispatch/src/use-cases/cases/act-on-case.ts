import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Acting, actingOf, advance, type Case } from '@gongdan/engine';
import { type Actor, type Cause, type Instant } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { type Connection, SystemClock, type Tx } from '@gongdan/platform';
import { whenArrived } from '../../domain/arrival.js';
import { type CaseView, etagVersion, viewOf } from '../../domain/case-view.js';
import { keyReused } from '../../domain/refusal.js';
import { requestPrint } from '../../domain/request-print.js';
import { mustSee } from '../../domain/visibility.js';
import { ActionKeysStore } from '../../store/idempotency/action-keys.store.js';
import { asksCascade } from '../../store/work/cascades.store.js';
import { CaseDesk, type OnDesk } from '../../store/cases/case-desk.js';

/** What a caller asks to change about a case. */
export interface ActOnCaseCommand {
  ticketId: string;
  action: string;
  /** The task that is meant; without it the lead, or the caller's only open side task that takes the action. */
  task?: number | undefined;
  input: Readonly<Record<string, unknown>>;
  /** The version of If-Match; the task must have it. */
  seen?: number | undefined;
  /** The device's own time (P19). */
  occurredAt?: Instant | undefined;
  /** Idempotency-Key: the action is done once, however often it is sent. */
  key?: string | undefined;
  actor: Actor;
  /** The units that the right of the request reaches. */
  scope: Scope;
  now: Instant;
  cause: Cause;
}

export interface Acted {
  view: CaseView;
  /** ETag of the task that was acted on: of the lead, unless a side task was named. */
  version: number;
  replayed: boolean;
}

/** Does an action of the pack, or a verb of the platform, on a case. */
@Injectable()
export class ActOnCase {
  constructor(
    private readonly desk: CaseDesk,
    private readonly keys: ActionKeysStore,
    private readonly outbox: Outbox,
    private readonly clock: SystemClock,
  ) {}

  /**
   * The same in two statements and without a transaction: most actions find nobody else at their case (docs/adr/0052). Undefined when the decision needs a lock, somebody
   * was quicker or it took too long; nothing was written then, and `run` does it. `clock` is asked when the case has been read.
   */
  async atOnce(connection: Connection, command: Omit<ActOnCaseCommand, 'now'>, clock: () => Instant): Promise<Acted | undefined> {
    const { org, id } = command.actor;
    const desk = await this.arrived(this.desk.read(connection, org, command.ticketId, id, command.key), command.ticketId);
    const c = { ...command, now: clock() };
    const acting = actingOf(desk.view.directory, c.actor, c.now);
    const fingerprint = printOf(c);
    if (desk.usedFor !== undefined) {
      if (desk.usedFor !== fingerprint) throw keyReused();
      return { ...acted(desk, desk.case, acting, c), replayed: true };
    }
    mustSee(desk.case, { id, scope: c.scope });
    const { action, task, input, seen, occurredAt } = c;
    const decided = this.desk.decideAtOnce(desk.view, (view) =>
      advance(desk.pack, view, desk.case, { action, task, input, seen, occurredAt }, acting, c.now, { decisions: desk.decided }),
    );
    if (decided === undefined || decided.events.length === 0 || asksCascade(decided.events)) return undefined;
    const events = decided.events.map((draft) => ({ draft, cause: c.cause }));
    const written = await this.desk.saveAtOnce(connection, desk, decided, { at: c.now, events, client: id, key: c.key, fingerprint });
    if (!written) return undefined;
    this.outbox.nudge();
    return { ...acted(desk, decided.state, acting, c), replayed: false };
  }

  async run(tx: Tx, c: ActOnCaseCommand): Promise<Acted> {
    const { org } = c.actor;
    const desk = await this.arrived(this.desk.take(tx, org, c.ticketId), c.ticketId);
    const acting = actingOf(desk.view.directory, c.actor, c.now);
    // Before the scope: the action may have moved the case out of the caller's reach, and the caller has not got the answer.
    if (c.key !== undefined && (await this.isRepeated(tx, c.key, c))) return { ...acted(desk, desk.case, acting, c), replayed: true };
    mustSee(desk.case, { id: c.actor.id, scope: c.scope });
    const { action, task, input, seen, occurredAt } = c;
    const decided = await this.desk.decide(tx, org, desk.view, (view) =>
      advance(desk.pack, view, desk.case, { action, task, input, seen, occurredAt }, acting, c.now, { decisions: desk.decided }),
    );
    if (decided.events.length > 0) {
      await this.desk.save(tx, desk, decided, c.cause);
    }
    return { ...acted(desk, decided.state, acting, c), replayed: false };
  }

  private arrived<D>(reading: Promise<D>, ticketId: string): Promise<D> {
    return whenArrived(reading, ticketId, () => this.clock.realMs());
  }

  private isRepeated(tx: Tx, key: string, c: ActOnCaseCommand): Promise<boolean> {
    const { org, id: client } = c.actor;
    return this.keys.isRepeated(tx, { org, client, key, fingerprint: printOf(c), ticketId: c.ticketId, at: c.now });
  }
}

function printOf({ ticketId, action, task, input }: ActOnCaseCommand): string {
  return requestPrint(ticketId, action, task, input);
}

function acted(desk: OnDesk, c: Case, acting: Acting, { task, now }: ActOnCaseCommand): Pick<Acted, 'view' | 'version'> {
  const view = viewOf(desk.pack, desk.view, c, acting, now);
  return { view, version: c.tasks.find((t) => t.no === task)?.version ?? etagVersion(c) };
}
