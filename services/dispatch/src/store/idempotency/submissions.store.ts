import { Injectable } from '@nestjs/common';
import { type Queries, type Row, Sealer, type Tx } from '@gongdan/platform';

export interface RefusedSubmission {
  org: string;
  client: string;
  key: string;
  ticketId: string;
  action: string;
  code: string;
  occurredAt?: string | undefined;
  refusedAt: string;
  input: Readonly<Record<string, unknown>>;
}

export type KeptSubmission = Pick<RefusedSubmission, 'ticketId' | 'action' | 'code' | 'input'>;

/** Updates of devices that were refused; their input is kept sealed. */
@Injectable()
export class SubmissionsStore {
  constructor(private readonly sealer: Sealer) {}

  /** The update that was refused under this key before; undefined when none was. */
  async refused(q: Queries, org: string, client: string, key: string): Promise<KeptSubmission | undefined> {
    const row = await q.one<Row & { ticketId: string; action: string; code: string; sealed: string }>(
      'select ticket_id as "ticketId", action, code, sealed from refused_submissions where org = $1 and client = $2 and key = $3',
      [org, client, key],
    );
    if (row === undefined) return undefined;
    const { sealed, ...kept } = row;
    return { ...kept, input: JSON.parse(this.sealer.open(sealed, placeOf(org, row.ticketId))) as KeptSubmission['input'] };
  }

  /** False when the key has become that of another refused update meanwhile; nothing is kept then. */
  async keep(tx: Tx, r: RefusedSubmission): Promise<boolean> {
    const sealed = this.sealer.seal(JSON.stringify(r.input), placeOf(r.org, r.ticketId));
    const kept = await tx.run(
      `insert into refused_submissions (org, client, key, ticket_id, action, code, occurred_at, refused_at, sealed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict do nothing`,
      [r.org, r.client, r.key, r.ticketId, r.action, r.code, r.occurredAt ?? null, r.refusedAt, sealed],
    );
    return kept === 1;
  }

  /** Deletes a share of what was refused long ago; returns how many. */
  async forget(tx: Tx, days: number): Promise<number> {
    const rows = await tx.rows(
      `delete from refused_submissions where ctid = any (array(
         select ctid from refused_submissions where refused_at < gongdan_now() - $1 * interval '1 day' order by refused_at limit 1000
       )) returning 1`,
      [days],
    );
    return rows.length;
  }
}

function placeOf(org: string, ticketId: string): string {
  return `submission|${org}|${ticketId}`;
}
