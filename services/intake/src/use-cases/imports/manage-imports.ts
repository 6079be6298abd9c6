import { Injectable } from '@nestjs/common';
import { type Actor, Conflict, newId, Refused } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { parseMapping } from '@gongdan/packs';
import { Database } from '@gongdan/platform';
import { type ImportJob, ImportsStore } from '../../store/imports.store.js';

type Outcome = Awaited<ReturnType<ImportsStore['results']>>[number];

/** Announcing an import, handing in its file, looking what became of it. */
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
    const found = this.packs.current(who.org, packKey);
    if (!found)
      throw new Refused(
        'intake/no-pack',
        { violations: [{ pointer: '/pack', detail: 'is not in force' }] },
        'no such process pack is in force for this organisation',
      );
    const id = newId();
    await this.imports.create(
      this.database,
      { org: who.org, id, file_name: fileName, pack_key: found.pack.pack.key, pack_version: found.version, started_by: who.id },
      parsed,
    );
    return this.one(who.org, id);
  }

  /** Throws Conflict when the file is here already. */
  async mustWait(org: string, id: string): Promise<void> {
    const job = await this.one(org, id);
    if (job.state !== 'waiting')
      throw new Conflict('intake/file-already-here', { details: { state: job.state } }, 'the file of this import has arrived already');
  }

  async receive(org: string, id: string, file: AsyncIterable<Buffer>, mostBytes: number): Promise<void> {
    await this.imports.receive(this.database, org, id, file, mostBytes);
  }

  one(org: string, id: string): Promise<ImportJob> {
    return this.imports.get(this.database, org, id);
  }

  newest(org: string): Promise<ImportJob[]> {
    return this.imports.list(this.database, org, 100);
  }

  async outcomes(org: string, id: string, after: number, limit: number): Promise<Outcome[]> {
    await this.one(org, id);
    return this.imports.results(this.database, org, id, after, limit);
  }

  /** Every row, page by page. */
  async *allOutcomes(org: string, id: string): AsyncGenerator<Outcome> {
    for (let after = 0; ;) {
      const page = await this.imports.results(this.database, org, id, after, 1_000);
      yield* page;
      const last = page.at(-1);
      if (!last) return;
      after = last.row;
    }
  }
}
