import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';

export interface Webhook {
  org: string;
  id: string;
  url: string;
  types: string[];
  description: string;
  secret_sealed: string;
  created_by: string;
  created_at: string;
  disabled_at: string | null;
  disabled_why: string | null;
}

const COLUMNS = 'org, id, url, types, description, secret_sealed, created_by, created_at, disabled_at, disabled_why';

@Injectable()
export class WebhooksStore {
  async create(
    db: Queries,
    w: Pick<Webhook, 'org' | 'id' | 'url' | 'types' | 'description' | 'secret_sealed' | 'created_by'>,
  ): Promise<void> {
    await db.run(
      'insert into webhooks (org, id, url, types, description, secret_sealed, created_by) values ($1, $2::uuid, $3, $4::text[], $5, $6, $7)',
      [w.org, w.id, w.url, w.types, w.description, w.secret_sealed, w.created_by],
    );
  }

  async list(db: Queries, org: string): Promise<Webhook[]> {
    return db.rows<Webhook>(`select ${COLUMNS} from webhooks where org = $1 and deleted_at is null order by created_at`, [org]);
  }

  async get(db: Queries, org: string, id: string): Promise<Webhook> {
    const found = await db.one<Webhook>(`select ${COLUMNS} from webhooks where org = $1 and id = $2::uuid and deleted_at is null`, [
      org,
      id,
    ]);
    if (!found) throw new NotFound('notify/no-such-webhook');
    return found;
  }

  /** Those that get what happens now. */
  async active(db: Queries, orgs: readonly string[]): Promise<Webhook[]> {
    return db.rows<Webhook>(`select ${COLUMNS} from webhooks where org = any($1::text[]) and disabled_at is null and deleted_at is null`, [
      orgs,
    ]);
  }

  async disable(db: Queries, org: string, id: string, why: string): Promise<void> {
    await db.run(
      'update webhooks set disabled_at = clock_timestamp(), disabled_why = $3 where org = $1 and id = $2::uuid and disabled_at is null',
      [org, id, why],
    );
  }

  /** Its deliveries stay readable by ticket; what is still planned fails (messages.store.ts, lockOrphans). */
  async remove(db: Queries, org: string, id: string): Promise<void> {
    const removed = await db.run(
      `update webhooks set deleted_at = clock_timestamp(), disabled_at = coalesce(disabled_at, clock_timestamp()), disabled_why = coalesce(disabled_why, 'removed')
       where org = $1 and id = $2::uuid and deleted_at is null`,
      [org, id],
    );
    if (removed === 0) throw new NotFound('notify/no-such-webhook');
  }
}
