import { Injectable } from '@nestjs/common';
import { newId } from '@gongdan/kernel';
import { classifyError, MAX_ATTEMPTS } from '@gongdan/messaging';
import { Database } from '@gongdan/platform';
import { accountMistake } from '../../domain/imports/import-account.js';
import { type ImportJob, ImportsStore } from '../../store/imports/imports.store.js';

/** The claims of this process on imports: who works on a job, and how the work ended. */
@Injectable()
export class ClaimImports {
  /** Names this process in the claims. */
  readonly owner = newId();

  /**
   * Jobs whose try could not be given back, because the database was away. It is given back later, before the next claim, so that an outage does not
   * count against the file.
   */
  private readonly owed = new Map<string, ImportJob>();

  constructor(
    private readonly database: Database,
    private readonly imports: ImportsStore,
  ) {}

  /** Claims the next job. A job whose tries are used up ends as failed and is skipped. */
  async next(): Promise<ImportJob | undefined> {
    for (const [id, job] of this.owed) {
      await this.imports.giveBack(this.database, job);
      this.owed.delete(id);
    }
    for (;;) {
      const job = await this.imports.claim(this.database, this.owner);
      if (!job || job.tries <= MAX_ATTEMPTS) return job;
      await this.fail(job, `given up after ${MAX_ATTEMPTS} tries: ${job.error ?? 'the process that worked on it ended each time'}`);
    }
  }

  /** False when the claim was lost. */
  renew(job: ImportJob): Promise<boolean> {
    return this.imports.renew(this.database, job, this.owner);
  }

  chunks(job: ImportJob): AsyncGenerator<Buffer> {
    return this.imports.chunks(this.database, job.org, job.id);
  }

  /** The file has been read to its end and all batches are committed. The job is done only if every source line is accounted for. */
  async complete(job: ImportJob, sourceLines: number): Promise<void> {
    const [now, written] = await Promise.all([
      this.imports.get(this.database, job.org, job.id),
      this.imports.countResults(this.database, job.org, job.id),
    ]);
    const mistake = accountMistake(now, written, sourceLines);
    await this.imports.finish(this.database, job, this.owner, {
      state: mistake === undefined ? 'done' : 'failed',
      error: mistake === undefined ? null : `rows are not accounted for: ${mistake}`,
      sourceLines,
    });
  }

  /** The work was interrupted on purpose: the claim runs out, and the try does not count. */
  async leave(job: ImportJob): Promise<void> {
    await this.imports.postpone(this.database, job, this.owner, false, null);
  }

  /**
   * The work failed. A mistake of the file ends the job, and so does an unforeseen fault in the fourth try in a row; for anything else the
   * claim expires and the job continues later. Throws the error again unless the job ended by a mistake of its file.
   */
  async failed(job: ImportJob, error: unknown): Promise<void> {
    const { action } = classifyError(error);
    // A message may quote the file, and Postgres stores no NUL.
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll('\u0000', '').slice(0, 2_000);
    if (action === 'park') return this.fail(job, reason);
    if (action === 'retry') {
      const { tries } = await this.imports.get(this.database, job.org, job.id);
      if (tries >= MAX_ATTEMPTS) await this.fail(job, `given up after ${tries} tries: ${reason}`);
      else await this.imports.postpone(this.database, job, this.owner, true, reason);
    } else {
      // When only the answer of `postpone` is lost, the try is given back twice: the file then has one more try, which does no harm.
      this.owed.set(job.id, job);
      await this.imports.postpone(this.database, job, this.owner, false, reason);
      this.owed.delete(job.id);
    }
    throw error;
  }

  private fail(job: ImportJob, error: string): Promise<void> {
    return this.imports.finish(this.database, job, this.owner, { state: 'failed', error, sourceLines: null });
  }
}
