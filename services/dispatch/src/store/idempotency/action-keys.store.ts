import { Injectable } from '@nestjs/common';
import { type Row, type Tx } from '@gongdan/platform';
import { keyReused } from '../../domain/refusal.js';

export interface ActionKey {
  org: string;
  client: string;
  key: string;
  /** Hash of the request: the same key for another one is a mistake of the client. */
  fingerprint: string;
  ticketId: string;
  at: string;
}

/** The Idempotency-Keys of actions, written in the transaction of the action itself. */
@Injectable()
export class ActionKeysStore {
  /**
   * Remembers the key; returns the fingerprint under which it is known already. The caller holds the lock of the case, which is no fence against the same key
   * on another case: the insert waits for that transaction, and what it wrote is not in the snapshot of the same statement, so it is looked up in another one.
   */
  async remember(tx: Tx, k: ActionKey): Promise<string | undefined> {
    const row = await tx.one<{ fingerprint: string; fresh: boolean }>(
      `with fresh as (
         insert into action_keys (org, client, key, fingerprint, ticket_id, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning fingerprint
       )
       select fingerprint, true as fresh from fresh union all select fingerprint, false from action_keys where org = $1 and client = $2 and key = $3 limit 1`,
      [k.org, k.client, k.key, k.fingerprint, k.ticketId, k.at],
    );
    if (row === undefined) return this.find(tx, k.org, k.client, k.key);
    return row.fresh ? undefined : row.fingerprint;
  }

  /** Whether this very request was done before; throws when the key was used for another one. Remembers the key otherwise. */
  async isRepeated(tx: Tx, k: ActionKey): Promise<boolean> {
    const known = await this.remember(tx, k);
    if (known === undefined) return false;
    if (known !== k.fingerprint) throw keyReused();
    return true;
  }

  /** Requests with the key take turns, so that the second one finds what the first one has done. For those that choose their ticket. */
  async hold(tx: Tx, org: string, client: string, key: string): Promise<void> {
    await tx.rows('select pg_advisory_xact_lock(hashtextextended($1, 0))', [JSON.stringify(['action-key', org, client, key])]);
  }

  /** The fingerprint of the request for which the key was used. */
  async find(tx: Tx, org: string, client: string, key: string): Promise<string | undefined> {
    return (await this.used(tx, org, client, key))?.fingerprint;
  }

  used(tx: Tx, org: string, client: string, key: string): Promise<(Row & Pick<ActionKey, 'fingerprint' | 'ticketId'>) | undefined> {
    return tx.one('select fingerprint, ticket_id as "ticketId" from action_keys where org = $1 and client = $2 and key = $3', [
      org,
      client,
      key,
    ]);
  }

  /** Deletes a share of the keys that are too old to protect a retry; returns how many. */
  async forget(tx: Tx, days: number): Promise<number> {
    const rows = await tx.rows(
      `delete from action_keys where ctid in (select ctid from action_keys where at < gongdan_now() - $1 * interval '1 day' limit 5000) returning 1`,
      [days],
    );
    return rows.length;
  }
}
