import { performance } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import { omitNulls, type Queries, TableColumns, type Tx } from '@gongdan/platform';

export interface Webhook {
  org: string;
  id: string;
  url: string;
  types: string[];
  description: string;
  secretSealed: string;
  createdBy: string;
  createdAt: string;
  disabledAt?: string;
  disabledWhy?: string;
}

const NEW_WEBHOOK_TYPES = { org: 'text', id: 'uuid', url: 'text', types: 'text[]', description: 'text', secretSealed: 'text', createdBy: 'text' } as const; // prettier-ignore
type NewWebhook = Pick<Webhook, keyof typeof NEW_WEBHOOK_TYPES>;
const NEW_WEBHOOK = new TableColumns<keyof NewWebhook>(NEW_WEBHOOK_TYPES);
const WEBHOOK = new TableColumns<keyof Webhook>({ ...NEW_WEBHOOK_TYPES, createdAt: 'timestamptz', disabledAt: 'timestamptz', disabledWhy: 'text' }); // prettier-ignore
const SELECT = `select ${WEBHOOK.select('w')} from webhooks w`;

/** How long a replica may use what it has read of an organisation's webhooks. */
const MAX_AGE_MS = 500;

@Injectable()
export class WebhooksStore {
  private readonly cache = new Map<string, { at: number; webhooks: Webhook[] }>();

  /** Stores the webhook unless the organisation has `limit` of them; returns whether it did. */
  async create(tx: Tx, webhook: NewWebhook, limit: number): Promise<boolean> {
    // Two creations at once would both count one too few.
    await tx.run(`select pg_advisory_xact_lock(hashtext('notify.webhooks'), hashtext($1))`, [webhook.org]);
    const created = await tx.run(
      `insert into webhooks (${NEW_WEBHOOK.names}) select ${NEW_WEBHOOK.values('w')} from ${NEW_WEBHOOK.recordset('$1', 'w')}
       where (select count(*) from webhooks where org = $2 and deleted_at is null) < $3`,
      [JSON.stringify([webhook]), webhook.org, limit],
    );
    tx.afterCommit(() => this.cache.delete(webhook.org));
    return created === 1;
  }

  async list(db: Queries, org: string): Promise<Webhook[]> {
    return (await db.rows<Webhook>(`${SELECT} where w.org = $1 and w.deleted_at is null order by w.created_at`, [org])).map(omitNulls);
  }

  async get(db: Queries, org: string, id: string): Promise<Webhook | undefined> {
    const row = await db.one<Webhook>(`${SELECT} where w.org = $1 and w.id = $2::uuid and w.deleted_at is null`, [org, id]);
    return row && omitNulls(row);
  }

  /**
   * Webhooks that get deliveries, by organisation. What was read in the last 500 ms is used again: at a few events a second that is most of the
   * time. A webhook that another replica creates is therefore known here 500 ms later; its creator waits that long (`knownEverywhere`).
   */
  async active(tx: Queries, orgs: readonly string[]): Promise<Map<string, Webhook[]>> {
    const now = performance.now();
    for (const [org, { at }] of this.cache) if (now - at >= MAX_AGE_MS) this.cache.delete(org);
    const missing = orgs.filter((org) => !this.cache.has(org));
    if (missing.length > 0) {
      const rows = await tx.rows<Webhook>(`${SELECT} where w.org = any($1::text[]) and w.disabled_at is null`, [missing]);
      for (const org of missing) this.cache.set(org, { at: now, webhooks: [] });
      for (const row of rows) this.cache.get(row.org)?.webhooks.push(omitNulls(row));
    }
    return new Map(orgs.map((org) => [org, this.cache.get(org)?.webhooks ?? []]));
  }

  /** Resolves when no replica uses webhooks any more that it read before this call. */
  knownEverywhere(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, MAX_AGE_MS));
  }

  async disable(tx: Tx, org: string, id: string, why: string): Promise<void> {
    await tx.run(
      'update webhooks set disabled_at = clock_timestamp(), disabled_why = $3 where org = $1 and id = $2::uuid and disabled_at is null',
      [org, id, why],
    );
    tx.afterCommit(() => this.cache.delete(org));
  }

  /** Its deliveries stay readable by ticket; those still planned are given up (`lockOrphans`). Returns whether there was such a webhook. */
  async remove(db: Queries, org: string, id: string): Promise<boolean> {
    const removed = await db.run(
      `update webhooks set deleted_at = clock_timestamp(), disabled_at = coalesce(disabled_at, clock_timestamp()), disabled_why = coalesce(disabled_why, 'removed')
       where org = $1 and id = $2::uuid and deleted_at is null`,
      [org, id],
    );
    this.cache.delete(org);
    return removed === 1;
  }
}
