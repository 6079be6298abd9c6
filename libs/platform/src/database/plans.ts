import { type QueryConfig } from 'pg';

/** A text used more often gets a name; below that, parsing it again is cheaper than a plan kept in every connection. */
const OFTEN = 5;
/** Named statements; each costs every connection some 30 kB on the server. */
const MOST_NAMED = 300;
/** Texts counted at a time: a search puts its texts together from parts, so most of its texts appear only for a while. */
const MOST_COUNTED = 1_000;

/**
 * Several commands in one text cannot be prepared. A text with a filter that may be absent is a different query each time: one plan for all
 * of them would read a whole list to find what an index knows.
 */
const NEVER = /;|\$\d+(::\w+)? is null or/;

/**
 * Names the statements that come again and again, so that a connection parses and plans each of them once. Of what five services cost
 * Postgres at 200 events a second, planning the same forty texts again and again was 38 %.
 */
export class Plans {
  private readonly counts = new Map<string, number>();
  private readonly names = new Map<string, string>();
  private generation = 0;

  of(text: string, params: readonly unknown[]): QueryConfig {
    const values = params as unknown[];
    const name = this.names.get(text) ?? this.count(text);
    return name === undefined ? { text, values } : { name: `${name}_${this.generation}`, text, values };
  }

  /**
   * True when a newer version's migration changed the rows of a statement that is already planned ("cached plan must not change result
   * type"); every statement then gets a new name, and the caller may repeat its query.
   */
  outdatedBy(error: unknown): boolean {
    const { code, routine } = error as { code?: unknown; routine?: unknown };
    if (code !== '0A000' || routine !== 'RevalidateCachedQuery') return false;
    this.generation += 1;
    return true;
  }

  private count(text: string): string | undefined {
    if (this.names.size >= MOST_NAMED || NEVER.test(text)) return undefined;
    const count = (this.counts.get(text) ?? 0) + 1;
    if (count > OFTEN) {
      const name = `p${this.names.size}`;
      this.names.set(text, name);
      this.counts.delete(text);
      return name;
    }
    if (!this.counts.has(text) && this.counts.size >= MOST_COUNTED) this.counts.delete(this.counts.keys().next().value as string);
    this.counts.set(text, count);
    return undefined;
  }
}
