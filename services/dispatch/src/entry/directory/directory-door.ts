import { Injectable } from '@nestjs/common';
import { type EntryKind } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import { type CallerReach, Database, decodeCursor, encodeCursor, etagOf, ifMatch, SystemClock } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { ChangeEntry } from '../../use-cases/directory/change-entry.js';
import { type EntryRow, ListEntries, type Reader } from '../../use-cases/directory/list-entries.js';
import { EntryCursor, entryOfBody, shownAs } from './directory-shapes.js';

type Key = 'key' | 'id' | 'person';
type Shown = Record<string, unknown>;
interface Page extends Record<string, string | number | undefined> {
  limit: number;
  cursor?: string | undefined;
}

/** What one request to change an entry brings along. */
export interface EntryRequest {
  who: Actor;
  reach: CallerReach;
  cause: Cause;
  match: string | undefined;
  reply: FastifyReply;
}

/** What the routes of all kinds of entries have in common. */
@Injectable()
export class DirectoryDoor {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly changeEntry: ChangeEntry,
    private readonly listEntries: ListEntries,
  ) {}

  async put(kind: EntryKind, id: string, body: Parameters<typeof entryOfBody>[2], r: EntryRequest, show = shown(kind)): Promise<Shown> {
    const expectedVersion = ifMatch(r.match);
    const asked = {
      actor: r.who,
      ...entryOfBody(kind, id, body),
      expectedVersion,
      mayWrite: r.reach.has('directory:write'),
      now: this.clock.now(),
      cause: r.cause,
    };
    const { row, created } = await this.database.transaction(async (tx) => {
      const done = await this.changeEntry.run(tx, asked);
      return { row: await this.listEntries.one(tx, readerOf(r.who, r.reach), kind, id), created: done.created };
    });
    r.reply.status(created ? 201 : 200).header('etag', etagOf(row.version));
    return show(row);
  }

  async remove(kind: EntryKind, id: string, r: EntryRequest): Promise<void> {
    const expectedVersion = ifMatch(r.match);
    const asked = {
      actor: r.who,
      entry: { kind, id },
      expectedVersion,
      mayWrite: r.reach.has('directory:write'),
      now: this.clock.now(),
      cause: r.cause,
    };
    await this.database.transaction((tx) => this.changeEntry.run(tx, asked));
  }

  async get(kind: EntryKind, id: string, reader: Reader, reply: FastifyReply, show = shown(kind)): Promise<Shown> {
    const row = await this.listEntries.one(this.database, reader, kind, id);
    reply.header('etag', etagOf(row.version));
    return show(row);
  }

  async list(
    kind: EntryKind,
    { limit, cursor, ...filter }: Page,
    reader: Reader,
    show = shown(kind),
  ): Promise<{ items: Shown[]; next: string | null }> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, EntryCursor)[0];
    const rows = await this.listEntries.page(this.database, reader, kind, filter, limit, after);
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { items: rows.map(show), next: last === undefined ? null : encodeCursor([last.id]) };
  }
}

export function readerOf(who: Actor, reach: CallerReach): Reader {
  return { org: who.org, mayWrite: reach.has('directory:write') };
}

const KEYS: Readonly<Record<EntryKind, Key>> = { unit: 'key', person: 'id', membership: 'person', deputy: 'id', presence: 'person' };

function shown(kind: EntryKind): (row: EntryRow) => Shown {
  return (row) => shownAs(KEYS[kind], row);
}
