import { Injectable } from '@nestjs/common';
import { type Queries, Sealer, type Tx } from '@gongdan/platform';

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

/** Updates of devices that were refused; their input is kept sealed. */
@Injectable()
export class SubmissionsStore {
  constructor(private readonly sealer: Sealer) {}

  /** The code with which the update was refused before; undefined when it was not. */
  async codeOf(q: Queries, org: string, client: string, key: string): Promise<string | undefined> {
    const row = await q.one<{ code: string }>('select code from refused_submissions where org = $1 and client = $2 and key = $3', [
      org,
      client,
      key,
    ]);
    return row?.code;
  }

  async keep(tx: Tx, r: RefusedSubmission): Promise<void> {
    const sealed = this.sealer.seal(JSON.stringify(r.input), `submission|${r.org}|${r.ticketId}`);
    await tx.run(
      `insert into refused_submissions (org, client, key, ticket_id, action, code, occurred_at, refused_at, sealed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [r.org, r.client, r.key, r.ticketId, r.action, r.code, r.occurredAt ?? null, r.refusedAt, sealed],
    );
  }
}
