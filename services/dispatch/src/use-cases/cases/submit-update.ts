import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf, advance, type Decided, isVisible, leadOf, refuseSubmission } from '@gongdan/engine';
import { type Actor, type AppError, appErrorIn, type Cause, type Instant, NotFound } from '@gongdan/kernel';
import { SystemClock, type Tx } from '@gongdan/platform';
import { whenArrived } from '../../domain/arrival.js';
import { requestPrint } from '../../domain/request-print.js';
import { ActionKeysStore } from '../../store/idempotency/action-keys.store.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { SubmissionsStore } from '../../store/idempotency/submissions.store.js';

/** One update of a device that worked offline (P19). */
export interface SubmitUpdateCommand {
  ticketId: string;
  /** Idempotency key of this update, made by the device. */
  key: string;
  action: string;
  task?: number | undefined;
  input: Readonly<Record<string, unknown>>;
  occurredAt?: Instant | undefined;
  /** Version of the task that the device saw, or that the update before left. */
  seen?: number | undefined;
  /** An update before it in the batch was refused, so this one is refused too. */
  behindRefused: boolean;
  /** An update before it in the batch was done, now or before: it may have moved the case out of the caller's reach. */
  behindDone: boolean;
  actor: Actor;
  scope: Scope;
  now: Instant;
  cause: Cause;
}

export interface SubmittedUpdate {
  key: string;
  result: 'applied' | 'duplicate' | 'refused';
  code?: string;
  /** Version of the task after the update. */
  version?: number;
}

/** Applies one update of a device. A refusal changes nothing, is kept with its input and told: whoever was in the field must not lose what he entered. */
@Injectable()
export class SubmitUpdate {
  constructor(
    private readonly desk: CaseDesk,
    private readonly keys: ActionKeysStore,
    private readonly submissions: SubmissionsStore,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, c: SubmitUpdateCommand): Promise<SubmittedUpdate> {
    const { org } = c.actor;
    const { key, action, task, input, occurredAt } = c;
    const desk = await whenArrived(this.desk.take(tx, org, c.ticketId), c.ticketId, () => this.clock.realMs());
    const fingerprint = requestPrint(c.ticketId, action, task, input);
    const version = ({ state, acting = task }: Pick<Decided, 'state' | 'acting'>): number | undefined =>
      (acting === undefined ? leadOf(state) : state.tasks.find((t) => t.no === acting))?.version;
    // Before the scope: the update may have moved the case out of the caller's reach, and the device has not got the answer.
    const known = await this.keys.find(tx, org, c.actor.id, key);
    if (known === fingerprint) return duplicate(key, version({ state: desk.case }));
    const visible = isVisible(desk.case, { id: c.actor.id, scope: c.scope });
    const before = await this.submissions.refused(tx, org, c.actor.id, key);
    const same = before !== undefined && requestPrint(before.ticketId, before.action, undefined, before.input) === printOf(c);
    if (!visible && !same && !c.behindDone) throw new NotFound('dispatch/no-case');
    if (same) return { key, result: 'refused', code: before.code };
    if (known !== undefined || before !== undefined) return reused(key);
    const acting = actingOf(desk.view.directory, c.actor, c.now);
    const recorded = { decisions: desk.decided };
    const refuse = async (code: string): Promise<SubmittedUpdate> => {
      const about = { org, client: c.actor.id, key, ticketId: c.ticketId, action, code, occurredAt, refusedAt: c.now, input };
      if (!(await this.submissions.keep(tx, about))) return reused(key);
      const told = refuseSubmission(desk.pack, desk.view, desk.case, { action, code, key }, acting, c.now, recorded);
      await this.desk.save(tx, desk, told, c.cause);
      return { key, result: 'refused', code };
    };
    if (c.behindRefused) return refuse('dispatch/earlier-refused');
    if (!visible) return refuse('dispatch/no-case');
    let decided: Decided;
    try {
      decided = await this.desk.decide(tx, org, desk.view, (view) =>
        advance(desk.pack, view, desk.case, { action, task, input, seen: c.seen, occurredAt }, acting, c.now, recorded),
      );
    } catch (error) {
      // Nothing was written for the update, so the refusal can be told in the same transaction.
      const refusal: AppError | undefined = appErrorIn(error);
      if (refusal === undefined || refusal.kind === 'unavailable') throw error;
      return refuse(refusal.code);
    }
    // The lock of the case is no fence against the same key on another case at the same moment.
    const other = await this.keys.remember(tx, { org, client: c.actor.id, key, fingerprint, ticketId: c.ticketId, at: c.now });
    if (other !== undefined) return reused(key);
    await this.desk.save(tx, desk, decided, c.cause);
    const after = version(decided);
    return { key, result: 'applied', ...(after === undefined ? {} : { version: after }) };
  }
}

/** What was refused is kept without its task. */
function printOf({ ticketId, action, input }: SubmitUpdateCommand): string {
  return requestPrint(ticketId, action, undefined, input);
}

function reused(key: string): SubmittedUpdate {
  return { key, result: 'refused', code: 'dispatch/idempotency-key-reused' };
}

function duplicate(key: string, version: number | undefined): SubmittedUpdate {
  return { key, result: 'duplicate', ...(version === undefined ? {} : { version }) };
}
