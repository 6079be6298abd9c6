import { type Database } from '@gongdan/platform';

export const PARTS = 64;
const TTL = "interval '10 seconds'";

/**
 * The outbox partitions, of 64, that this process may read, with the epoch of each take-over. The database's real time decides, never the clock
 * of a process. A session lock would block for ever when its owner is stopped but keeps the connection (docs/adr/0003).
 */
export class Leases {
  private held = new Map<number, number>();
  /** True when no other relay of this database was seen in the last ten seconds. */
  alone = false;

  constructor(
    private readonly database: Database,
    readonly owner: string,
  ) {}

  get parts(): number[] {
    return [...this.held.keys()];
  }

  epochs(): { parts: number[]; epochs: number[] } {
    return { parts: [...this.held.keys()], epochs: [...this.held.values()] };
  }

  /**
   * Renews what is held, gives back what is more than a fair share, takes what is free. Call every two seconds between batches. The last
   * condition on the owner repeats those of `mine` and `free` for the row as it is when it is updated: another replica may have taken it since.
   * Returns whether it took a partition.
   */
  async tick(): Promise<boolean> {
    const rows = await this.database.rows<{ part: number; epoch: number; others: number }>(
      `with me as (
         insert into relay_members (owner, seen_at) values ($1, clock_timestamp())
         on conflict (owner) do update set seen_at = excluded.seen_at returning owner
       ), gone as (
         delete from relay_members where seen_at < clock_timestamp() - interval '1 hour' and owner <> $1
       ), others as (
         select count(*) as n from relay_members where owner <> $1 and seen_at > clock_timestamp() - ${TTL}
       ), share as (select ceil(${PARTS}::numeric / (n + 1))::int as n from others, me
       ), mine as (
         select part, row_number() over (order by part) as place from outbox_leases where owner = $1 and until > clock_timestamp()
       ), free as (
         select l.part from outbox_leases l where l.until <= clock_timestamp() or l.owner is null order by l.part
         limit greatest((select n from share) - (select count(*) from mine), 0) for update skip locked
       ), wanted as (
         select part from mine, share where place <= share.n union all select part from free
       ), given as (
         update outbox_leases l set until = '-infinity', owner = null from mine, share where l.part = mine.part and mine.place > share.n and l.owner = $1
       )
       update outbox_leases l
          set owner = $1, until = clock_timestamp() + ${TTL}, epoch = case when l.owner = $1 and l.until > clock_timestamp() then l.epoch else l.epoch + 1 end
         from wanted where l.part = wanted.part and (l.owner = $1 or l.owner is null or l.until <= clock_timestamp())
      returning l.part, l.epoch, (select n from others) as others`,
      [this.owner],
    );
    const took = rows.some((r) => this.held.get(r.part) !== r.epoch);
    this.held = new Map(rows.map((r) => [r.part, r.epoch]));
    this.alone = rows[0]?.others === 0;
    return took;
  }

  async release(): Promise<void> {
    this.held.clear();
    await this.database.run(`update outbox_leases set until = '-infinity', owner = null where owner = $1`, [this.owner]);
    await this.database.run('delete from relay_members where owner = $1', [this.owner]);
  }
}
