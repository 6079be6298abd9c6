import { Injectable } from '@nestjs/common';
import { type Actor, type Cause, type Instant, type Violation } from '@gongdan/kernel';
import { type Queries, type Row, Sealer, type Tx } from '@gongdan/platform';
import { WorkBell } from './work-bell.js';

/** One action on many tickets. */
export interface TicketJob {
  org: string;
  id: string;
  kind: 'bulk' | 'cascade';
  action: string;
  input: Readonly<Record<string, unknown>>;
  /** In whose name; his rights are those of the moment at which a ticket is worked on. */
  actor: Actor;
  cause: Cause;
  /** How many reactions and cascades led here (law 7). */
  depth: number;
  fingerprint?: string;
  /** Of a cascade: the ticket that asked, and which of its links it meant. */
  parent?: string;
  links?: string;
  /** Of a cascade: the run of the ticket that asked, and the first cascade of the chain, itself when it is the first. */
  run?: number;
  root?: string;
  at: Instant;
}

export interface Claimed extends TicketJob {
  /** The ticket that asked has been closed and opened again since. */
  over: boolean;
}

export interface WorkRef extends Row {
  org: string;
  job: string;
  ticketId: string;
}

export interface WorkResult {
  state: 'done' | 'refused';
  events: readonly string[];
  code?: string;
  kind?: string;
  errors?: readonly Violation[];
}

export interface WorkRow extends Row {
  ticketId: string;
  n: number;
  state: 'waiting' | 'done' | 'refused';
  events: string[];
  code: string | null;
  kind: string | null;
  errors: Violation[] | null;
}

export interface JobProgress extends Row {
  kind: TicketJob['kind'];
  action: string;
  by: string;
  at: Instant;
  /** Of a cascade: the links that it follows. */
  links: string | null;
  reached: number;
  waiting: number;
  done: number;
  refused: number;
}

interface JobRow extends Row {
  kind: TicketJob['kind'];
  action: string;
  input: string;
  actor: Actor;
  cause: Cause;
  depth: number;
  parent: string | null;
  root: string | null;
}

const MAKE = `insert into ticket_jobs (org, id, kind, action, input, actor, cause, fingerprint, depth, parent, links, run, root, made_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict do nothing`;

const AGAIN = `update ticket_jobs set answered_at = null where org = $1 and id = $2 and kind = 'cascade' and answered_at is not null`;

// Each kind by itself, with the index ticket_jobs_old: cascades that have to stay are not read.
const old = (kind: TicketJob['kind'], days: string): string => `(
  select ctid from ticket_jobs j where kind = '${kind}' and made_at < gongdan_now() - ${days} * interval '1 day'
    and not exists (select 1 from ticket_work w where w.org = j.org and w.job = j.id and w.state = 'waiting') order by made_at limit 20)`;

/** Actions on many tickets, and what became of each ticket (engine.md, law 10). */
@Injectable()
export class TicketJobsStore {
  constructor(
    private readonly sealer: Sealer,
    private readonly bell: WorkBell,
  ) {}

  onWork(listener: () => void): void {
    this.bell.onRing(listener);
  }

  /** Makes the job; false when it is there already. */
  async make(tx: Tx, j: TicketJob): Promise<boolean> {
    const input = this.sealer.seal(JSON.stringify(j.input), placeOf(j.org, j.id));
    const { fingerprint = null, parent = null, links = null, run = null, root = null } = j;
    const made = await tx.run(MAKE, [
      j.org,
      j.id,
      j.kind,
      j.action,
      input,
      JSON.stringify(j.actor),
      JSON.stringify(j.cause),
      fingerprint,
      j.depth,
      parent,
      links,
      run,
      root,
      j.at,
    ]);
    this.bell.ringAfter(tx);
    return made === 1;
  }

  async addTickets(tx: Tx, org: string, job: string, tickets: readonly string[]): Promise<void> {
    await tx.run(
      `insert into ticket_work (org, job, ticket_id, n, at) select $1, $2, t.id, t.n, gongdan_now() from unnest($3::uuid[]) with ordinality as t (id, n) on conflict do nothing`,
      [org, job, tickets as string[]],
    );
  }

  /**
   * The tickets that are linked to the parent now, but those to which the chain has come before: in a net in which each of n tickets is linked with each other, a
   * chain of eight cascades would have n to the eighth tickets.
   */
  async addLinked(tx: Tx, org: string, job: string): Promise<void> {
    await tx.run(
      `insert into ticket_work (org, job, ticket_id, n, at)
       select j.org, j.id, l.other, row_number() over (order by l.other), gongdan_now()
       from ticket_jobs j join ticket_links l on l.org = j.org and l.ticket_id = j.parent and l.kind = j.links
       where j.org = $1 and j.id = $2 and (j.root = j.id or not exists (
         select 1 from ticket_jobs k left join ticket_work w on w.org = k.org and w.job = k.id and w.ticket_id = l.other
         where k.org = j.org and k.kind = 'cascade' and k.root = j.root and (k.id = k.root and k.parent = l.other or k.action = j.action and w.ticket_id is not null)
       )) order by l.other on conflict do nothing`,
      [org, job],
    );
  }

  /** A ticket that is linked after a cascade gets its action, too, unless the parent was closed and opened again meanwhile. */
  async addLater(tx: Tx, links: readonly { org: string; parent: string; links: string; ticketId: string }[]): Promise<void> {
    if (links.length === 0) return;
    this.bell.ringAfter(tx);
    await tx.run(
      `insert into ticket_work (org, job, ticket_id, n, at)
       select j.org, j.id, l.ticket_id, 0, gongdan_now()
       from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[]) as l (org, parent, links, ticket_id)
       join ticket_jobs j on j.kind = 'cascade' and j.org = l.org and j.parent = l.parent and j.links = l.links
       join cases c on c.org = j.org and c.ticket_id = j.parent and c.run = coalesce(j.run, c.run)
       order by j.id, l.ticket_id on conflict do nothing`,
      [links.map((l) => l.org), links.map((l) => l.parent), links.map((l) => l.links), links.map((l) => l.ticketId)],
    );
  }

  /** A ticket whose link is removed before its turn is left out; one on which somebody works at this moment is not. */
  async leaveOut(tx: Tx, links: readonly { org: string; parent: string; links: string; ticketId: string }[]): Promise<void> {
    if (links.length === 0) return;
    await tx.run(
      `delete from ticket_work where ctid = any (array(
         select w.ctid from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[]) as l (org, parent, links, ticket_id)
         join ticket_jobs j on j.kind = 'cascade' and j.org = l.org and j.parent = l.parent and j.links = l.links
         join ticket_work w on w.org = j.org and w.job = j.id and w.ticket_id = l.ticket_id and w.state = 'waiting' for update of w skip locked
       ))`,
      [links.map((l) => l.org), links.map((l) => l.parent), links.map((l) => l.links), links.map((l) => l.ticketId)],
    );
  }

  fingerprintOf(q: Queries, org: string, id: string): Promise<(Row & { fingerprint: string | null }) | undefined> {
    return q.one('select fingerprint from ticket_jobs where org = $1 and id = $2', [org, id]);
  }

  /** Tickets that wait: the first ones of every job, then the second ones, and so on. No lock is held on them. Uses the index ticket_work_turns. */
  waiting(q: Queries, limit: number): Promise<WorkRef[]> {
    return q.rows<WorkRef>(
      `select org, job, ticket_id as "ticketId" from ticket_work where state = 'waiting' and (retry_at is null or retry_at <= gongdan_now())
       order by n, at limit $1`,
      [limit],
    );
  }

  // The state is asked as an expression: a plan that was made while the table was empty would otherwise keep reading the whole index of waiting tickets
  // (measured: 1.1 ms instead of 0.07 ms for each of 6,000 tickets).
  /** Locks one ticket of a job and reads the job; undefined when another replica has it or has done it. `over`: see `Claimed`. */
  async claim(tx: Tx, { org, job, ticketId }: WorkRef): Promise<Claimed | undefined> {
    const row = await tx.one<JobRow & { at: Instant; over: boolean }>(
      `with mine as (
         select 1 from ticket_work where org = $1 and job = $2 and ticket_id = $3 and state || '' = 'waiting' for update skip locked
       )
       select j.kind, j.action, j.input, j.actor, j.cause, j.depth, j.parent, j.root, gongdan_now() as at, coalesce(c.run <> j.run, false) as over
       from mine, ticket_jobs j left join cases c on c.org = j.org and c.ticket_id = j.parent where j.org = $1 and j.id = $2`,
      [org, job, ticketId],
    );
    return row === undefined ? undefined : { ...this.jobOf(org, job, row), over: row.over };
  }

  /** The refusal of a ticket that was linked after the end of a cascade lets the end be told again. */
  async settle(tx: Tx, { org, job, ticketId }: WorkRef, r: WorkResult): Promise<void> {
    if (r.state === 'refused') await tx.run(AGAIN, [org, job]);
    await tx.run(
      'update ticket_work set state = $4, events = $5, code = $6, kind = $7, errors = $8 where org = $1 and job = $2 and ticket_id = $3',
      [
        org,
        job,
        ticketId,
        r.state,
        r.events as string[],
        r.code ?? null,
        r.kind ?? null,
        r.errors === undefined ? null : JSON.stringify(r.errors),
      ],
    );
  }

  /** A ticket whose work failed, or whose case has not arrived, waits 2, 4, 8 … 300 seconds, so that it stops no other. */
  async setAside(q: Queries, { org, job, ticketId }: WorkRef): Promise<void> {
    await q.run(
      `update ticket_work set failures = failures + 1, retry_at = gongdan_now() + least(300, 2 ^ least(failures + 1, 10)) * interval '1 second'
       where org = $1 and job = $2 and ticket_id = $3`,
      [org, job, ticketId],
    );
  }

  /** Cascades of which no ticket waits any more and whose parent has not been told. */
  overdue(q: Queries, limit: number): Promise<(Row & { org: string; job: string })[]> {
    return q.rows(
      `select j.org, j.id as job from ticket_jobs j where j.kind = 'cascade' and j.answered_at is null
         and not exists (select 1 from ticket_work w where w.org = j.org and w.job = j.id and w.state = 'waiting')
       order by j.made_at limit $1`,
      [limit],
    );
  }

  /** Takes a cascade to be answered; undefined when another replica has it or has answered it. */
  async claimAnswer(tx: Tx, org: string, job: string): Promise<TicketJob | undefined> {
    const row = await tx.one<JobRow & { at: Instant }>(
      `with mine as (
         select id from ticket_jobs where org = $1 and id = $2 and answered_at is null for update skip locked
       )
       update ticket_jobs j set answered_at = gongdan_now() from mine m where j.org = $1 and j.id = m.id
       returning j.kind, j.action, j.input, j.actor, j.cause, j.depth, j.parent, j.root, gongdan_now() as at`,
      [org, job],
    );
    return row === undefined ? undefined : this.jobOf(org, job, row);
  }

  progress(q: Queries, org: string, job: string): Promise<JobProgress | undefined> {
    return q.one<JobProgress>(
      `select j.kind, j.action, j.actor->>'id' as by, j.made_at as at, j.links, count(w.ticket_id)::int as reached, count(*) filter (where w.state = 'waiting')::int as waiting,
         count(*) filter (where w.state = 'done')::int as done, count(*) filter (where w.state = 'refused')::int as refused
       from ticket_jobs j left join ticket_work w on w.org = j.org and w.job = j.id where j.org = $1 and j.id = $2 group by j.org, j.id`,
      [org, job],
    );
  }

  /** Results in the order of the request, after the given place. */
  results(q: Queries, org: string, job: string, after: { n: number; ticketId: string } | undefined, limit: number): Promise<WorkRow[]> {
    return q.rows<WorkRow>(
      `select ticket_id as "ticketId", n, state, events, code, kind, errors from ticket_work
       where org = $1 and job = $2 and (n, ticket_id) > ($3, $4::uuid) order by n, ticket_id limit $5`,
      [org, job, after?.n ?? -1, after?.ticketId ?? '00000000-0000-0000-0000-000000000000', limit],
    );
  }

  refusals(q: Queries, org: string, job: string, limit: number): Promise<(Row & { ticket: string; code: string })[]> {
    return q.rows(
      `select ticket_id as ticket, code from ticket_work where org = $1 and job = $2 and state = 'refused' order by n, ticket_id limit $3`,
      [org, job, limit],
    );
  }

  async failing(q: Queries): Promise<number> {
    return (await q.one<{ n: number }>(`select count(*)::int as n from ticket_work where state = 'waiting' and failures > 0`))?.n ?? 0;
  }

  /** Deletes a share of the jobs that were made long ago and of which no ticket waits, with their results; returns how many. A cascade stays longer, for tickets that are linked later. */
  forget(tx: Tx, days: Readonly<Record<TicketJob['kind'], number>>): Promise<number> {
    return tx.run(`delete from ticket_jobs where ctid = any (array(${old('bulk', '$1')} union all ${old('cascade', '$2')}))`, [
      days.bulk,
      days.cascade,
    ]);
  }

  private jobOf(org: string, id: string, row: JobRow & { at: Instant }): TicketJob {
    const { input, parent, root, ...rest } = row;
    const opened = JSON.parse(this.sealer.open(input, placeOf(org, id))) as TicketJob['input'];
    return { ...rest, org, id, input: opened, ...(parent === null ? {} : { parent }), ...(root === null ? {} : { root }) };
  }
}

function placeOf(org: string, job: string): string {
  return `ticket-job|${org}|${job}`;
}
