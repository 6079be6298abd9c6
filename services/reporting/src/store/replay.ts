import { Injectable } from '@nestjs/common';

/**
 * Whether this process derives everything again. What is applied meanwhile is no news to live listeners: most of it happened long ago, and a ticket of then may
 * be in a unit of others now.
 */
@Injectable()
export class Replay {
  private orgs: Set<string> | undefined;

  begin(): void {
    this.orgs = new Set();
  }

  /** Returns the organisations whose tickets were derived again. */
  end(): string[] {
    const orgs = [...(this.orgs ?? [])];
    this.orgs = undefined;
    return orgs;
  }

  /** False when nothing is derived again, and the changes are news. */
  takes(changes: readonly { org: string }[]): boolean {
    for (const { org } of changes) this.orgs?.add(org);
    return this.orgs !== undefined;
  }
}
