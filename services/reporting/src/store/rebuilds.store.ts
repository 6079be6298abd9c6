import { Injectable } from '@nestjs/common';
import { type Queries } from '@gongdan/platform';

/** A rebuild as the operator sees it. */
export interface RebuildState {
  id: string;
  startedAt: string;
  /** Null while the rebuild runs; figures are complete again from this instant on. */
  finishedAt: string | null;
  startedBy: string;
}

const COLUMNS = 'id, started_at as "startedAt", finished_at as "finishedAt", started_by as "startedBy"';

@Injectable()
export class RebuildsStore {
  get(q: Queries, id: string): Promise<RebuildState | undefined> {
    return q.one<RebuildState>(`select ${COLUMNS} from rebuilds where id = $1::uuid`, [id]);
  }

  /** The newest unfinished rebuild. */
  running(q: Queries): Promise<RebuildState | undefined> {
    return q.one<RebuildState>(`select ${COLUMNS} from rebuilds where finished_at is null order by started_at desc limit 1`);
  }

  async start(q: Queries, id: string, by: string): Promise<void> {
    await q.run('insert into rebuilds (id, started_by) values ($1::uuid, $2)', [id, by]);
  }

  async finish(q: Queries, id: string): Promise<void> {
    await q.run('update rebuilds set finished_at = clock_timestamp() where id = $1::uuid', [id]);
  }

  /** Rebuilds that a new one replaces: their replay ends with them. */
  async finishAll(q: Queries): Promise<void> {
    await q.run('update rebuilds set finished_at = clock_timestamp() where finished_at is null');
  }
}
