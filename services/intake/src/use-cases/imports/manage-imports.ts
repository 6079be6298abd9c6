import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, Conflict, Invalid, newId, NotFound, Refused } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { parseMapping } from '@gongdan/packs';
import { Database } from '@gongdan/platform';
import { contactMistakesIn } from '../../domain/imports/import-row.js';
import { receiveFile } from '../../store/imports/import-files.js';
import { type ImportJob, type ImportResult, ImportsStore } from '../../store/imports/imports.store.js';

/** Announces imports, receives their files and shows what became of them. */
@Injectable()
export class ManageImports {
  constructor(
    private readonly database: Database,
    private readonly imports: ImportsStore,
    private readonly packs: PackRegistry,
  ) {}

  /** The mapping is checked, and the version of the pack is settled, before a byte of the file arrives. */
  async announce(who: Actor, packKey: string, fileName: string, mapping: unknown): Promise<ImportJob> {
    const parsed = parseMapping(mapping);
    const violations = contactMistakesIn(parsed);
    if (violations.length > 0) throw new Invalid('packs/invalid-mapping', { violations }, 'the mapping has invalid values for a contact');
    const found = this.packs.current(who.org, packKey);
    if (!found)
      throw new Refused(
        'intake/no-pack',
        { violations: [{ pointer: '/pack', detail: 'is not in force' }] },
        'no such process pack is in force for this organisation',
      );
    const id = newId();
    const job = {
      org: who.org,
      id,
      file_name: fileName,
      mapping: parsed,
      pack_key: found.key,
      pack_version: found.version,
      started_by: who.id,
    };
    await this.imports.create(this.database, job);
    return this.one(who.org, id);
  }

  /** Throws Conflict when the file has arrived already. */
  async mustWait(org: string, id: string): Promise<void> {
    const job = await this.one(org, id);
    if (job.state !== 'waiting')
      throw new Conflict('intake/file-already-here', { details: { state: job.state } }, 'the file of this import has arrived already');
  }

  async receive(org: string, id: string, file: AsyncIterable<Buffer>, mostBytes: number): Promise<void> {
    await receiveFile(this.database, org, id, file, mostBytes);
  }

  one(org: string, id: string): Promise<ImportJob> {
    return this.imports.get(this.database, org, id);
  }

  /** A file has tickets of every unit, so only those who reach the whole organisation see it. */
  async seen(org: string, scope: Scope, id: string): Promise<ImportJob> {
    if (!scope.all) throw new NotFound('intake/no-such-import');
    return this.one(org, id);
  }

  async newest(org: string, scope: Scope): Promise<ImportJob[]> {
    return scope.all ? this.imports.list(this.database, org, 100) : [];
  }

  async outcomes(org: string, scope: Scope, id: string, after: number, limit: number): Promise<ImportResult[]> {
    await this.seen(org, scope, id);
    return this.imports.results(this.database, org, id, after, limit);
  }

  /** Every row, page by page. */
  async *allOutcomes(org: string, id: string): AsyncGenerator<ImportResult> {
    for (let after = 0; ;) {
      const page = await this.imports.results(this.database, org, id, after, 1_000);
      yield* page;
      const last = page.at(-1);
      if (!last) return;
      after = last.row;
    }
  }
}
