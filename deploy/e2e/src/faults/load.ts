import { newId } from '@gongdan/kernel';
import { type Answer, type Client, type Person } from 'gongdan';

export const ORG = 'storm';
export const ROOT = { id: 'root', org: ORG, roles: ['admin'] };
const agent: Person = { id: 'mei', org: ORG, roles: ['agent'], units: ['front-desk'] };
const supervisor: Person = { id: 'zhao', org: ORG, roles: ['supervisor'], units: ['review-centre'] };
const handlers: Readonly<Record<string, Person>> = {
  network: { id: 'li', org: ORG, roles: ['handler'], units: ['network'] },
  'field-service': { id: 'chen', org: ORG, roles: ['handler'], units: ['field-service'] },
  'review-centre': { id: 'sun', org: ORG, roles: ['handler'], units: ['review-centre'] },
};

/** An action whose success dispatch acknowledged, with the version of the case that it made. */
export interface AckedAction {
  ticketId: string;
  action: string;
  version: number;
}

/** How long a service may answer 404 for an acknowledged ticket before the ticket counts as lost. Longer than any fault of the run. */
const LOST_AFTER_MS = 300_000;

interface Step {
  action: string;
  by: 'handler' | 'supervisor' | 'agent';
  body?: object;
  /** Longest random pause before the step. */
  upToMs?: number;
  /** Unit that has the case after the step. */
  unit?: string;
}

const accept: Step = { action: 'accept', by: 'handler' };
const finish: Step[] = [
  { action: 'resolve', by: 'handler', body: { solution: 'fixed' }, upToMs: 75_000 },
  { action: 'close', by: 'agent' },
];
// Each journey is legal in the starter process; together they use every kind of action.
const JOURNEYS: Step[][] = [
  [accept, { action: 'reply', by: 'handler', body: { text: 'on it' } }, ...finish],
  [
    accept,
    { action: 'suspend', by: 'handler', body: { reasonClass: 'customer', reason: 'away' }, upToMs: 20_000 },
    { action: 'resume', by: 'handler', upToMs: 20_000 },
    ...finish,
  ],
  [{ action: 'return', by: 'handler', body: { reason: 'not ours' }, unit: 'review-centre' }, accept, ...finish],
  [
    accept,
    { action: 'transfer', by: 'handler', body: { toUnit: 'field-service', reason: 'a visit' }, unit: 'field-service' },
    accept,
    ...finish,
  ],
  [accept, ...finish, { action: 'reopen', by: 'agent', body: { reason: 'again' }, unit: 'network' }, accept, ...finish],
  [accept, { action: 'cancel', by: 'supervisor', body: { reason: 'a test' }, upToMs: 70_000 }],
  // No step is done, so that its clock breaks its promise.
  [],
];

/**
 * Steady load that never gives up: a request without an answer is sent again, a create with its Idempotency-Key, as a good client does. It
 * stores what was acknowledged, for the audit.
 */
export class Load {
  /** Acknowledged creates by Idempotency-Key. */
  readonly created = new Map<string, { id: string; number: string }>();
  readonly actions: AckedAction[] = [];
  /** Acknowledged tickets on which dispatch refused an action of the journey for LOST_AFTER_MS, with the action. */
  readonly lost: string[] = [];
  /** Counts of answers other than the expected one. */
  readonly failures = new Map<string, number>();
  private stopping = false;
  private readonly journeys = new Set<Promise<void>>();
  private creators: Promise<void>[] = [];

  /** `random` decides what happens to each ticket: the same seed gives the same load. */
  constructor(
    private readonly client: Client,
    private readonly random: () => number,
  ) {}

  start(creators: number): void {
    this.creators = Array.from({ length: creators }, () => this.create());
  }

  /** Stops creating, then waits until every journey has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.creators);
    await Promise.all(this.journeys);
  }

  private async create(): Promise<void> {
    while (!this.stopping) {
      const key = newId();
      const body = {
        pack: 'storm',
        type: 'complaint',
        category: 'network',
        title: `storm ${key}`,
        language: 'en',
        contact: { phone: '13800001111', email: `${key}@example.org` },
      };
      const answer = await this.insist(() =>
        this.client.call<Record<string, string>>('intake', 'POST', '/v1/tickets', {
          as: agent,
          body,
          headers: { 'idempotency-key': `"${key}"` },
          timeoutMs: 5_000,
        }),
      );
      const ticket = { id: answer?.body['id'] ?? '', number: answer?.body['number'] ?? '' };
      this.created.set(key, ticket);
      const journey = this.work(ticket.id, JOURNEYS[Math.floor(this.random() * JOURNEYS.length)] ?? []).finally(() =>
        this.journeys.delete(journey),
      );
      this.journeys.add(journey);
      await pause(200);
    }
  }

  private async work(ticketId: string, steps: readonly Step[]): Promise<void> {
    let unit = 'network';
    let person = handlers[unit];
    let open = true;
    for (const step of steps) {
      if (step.action === 'accept') person = handlers[unit];
      // When the load ends, a running journey does its remaining steps without pauses.
      for (const until = performance.now() + this.random() * (step.upToMs ?? 0); !this.stopping && performance.now() < until;)
        await pause(200);
      const as = step.by === 'handler' ? person : step.by === 'agent' ? agent : supervisor;
      const path = `/v1/cases/${ticketId}/actions/${step.action}`;
      // 409 after a lost answer: the action was done, and no other client works on this ticket.
      const answer = await this.insist(
        () =>
          this.client.call<{ version: number }>('dispatch', 'POST', path, {
            as: as ?? supervisor,
            body: step.body ?? {},
            timeoutMs: 5_000,
          }),
        ticketId,
        step.unit,
      );
      if (answer === undefined) {
        this.lost.push(`${ticketId}: ${step.action}`);
        open = false;
      } else if (answer.status < 300) {
        this.actions.push({ ticketId, action: step.action, version: answer.body.version });
      }
      if (!open) return;
      if (step.unit !== undefined) unit = step.unit;
    }
  }

  private async insist<T>(send: () => Promise<Answer<T>>, ticketId?: string, unit?: string): Promise<Answer<T> | undefined> {
    let refusedSince: number | undefined;
    let unanswered = false;
    for (;;) {
      try {
        const answer = await send();
        const onTheWay = /dispatch\/not-yet/.test(answer.text);
        if (answer.status < 300 || (ticketId !== undefined && answer.status === 409 && !onTheWay)) return answer;
        // After a lost answer the action may have given the case to another unit, whose people alone may act now.
        if (ticketId !== undefined && unanswered && answer.status === 403) return answer;
        if (ticketId !== undefined && unanswered && answer.status === 404 && (await this.isIn(unit, ticketId))) return answer;
        this.count(`HTTP ${answer.status} ${/"code":"([^"]+)"/.exec(answer.text)?.[1] ?? ''}`);
        const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
        refusedSince = refused ? (refusedSince ?? performance.now()) : undefined;
        if (refusedSince !== undefined && performance.now() - refusedSince > LOST_AFTER_MS) return undefined;
        unanswered ||= answer.status >= 500;
      } catch (error) {
        unanswered = true;
        this.count(error instanceof Error ? error.name : 'error');
      }
      await pause(150);
    }
  }

  // 404 is the answer for a ticket out of reach, too: a supervisor of the organisation sees whether the case is in the unit where the action puts it.
  private async isIn(unit: string | undefined, ticketId: string): Promise<boolean> {
    if (unit === undefined) return false;
    try {
      const seen = await this.client.call<{ unit: string | null }>('dispatch', 'GET', `/v1/cases/${ticketId}`, {
        as: ROOT,
        timeoutMs: 5_000,
      });
      return seen.status === 200 && seen.body.unit === unit;
    } catch {
      return false;
    }
  }

  private count(what: string): void {
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
