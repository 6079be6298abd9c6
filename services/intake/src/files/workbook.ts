import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { Invalid, type Violation } from '@gongdan/kernel';
import { type CsvRecord } from '../domain/imports/csv.js';
import { type FileTally } from '../domain/imports/file-row.js';
import { makeSpoolFolder } from './spool-folders.js';
import { type WorkbookLimits } from './workbook-limits.js';

/** The messages between the thread and its caller. The thread waits for the answer to each `bytes` and `records` before it continues, so messages pile up on neither side. */
export type FromWorker =
  | { kind: 'bytes' }
  | { kind: 'records'; records: CsvRecord[] }
  | { kind: 'done'; rows: number; blankRows: number }
  | { kind: 'refused'; code: string; message: string; violations: Violation[] };
export type ToWorker = { kind: 'bytes'; bytes: Uint8Array | undefined } | { kind: 'go' };

/**
 * The rows of a sheet, read in a thread of its own: a workbook that needs too much memory or time ends that thread, while the API continues
 * to answer. An error of `chunks` passes through.
 */
export async function* workbookRecords(
  chunks: AsyncIterable<Buffer>,
  sheet: string | undefined,
  tally: FileTally,
  limits: WorkbookLimits,
): AsyncGenerator<CsvRecord> {
  // Sheets are spooled to files there, which a thread that is terminated would leave behind.
  const folder = await makeSpoolFolder();
  const source = chunks[Symbol.asyncIterator]();
  const worker = new Worker(new URL('./workbook-worker.js', import.meta.url), {
    workerData: { sheet, limits },
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: 32 },
    execArgv: [],
    env: { TMPDIR: folder },
  });
  const messages = new Messages(worker);
  const answer = (message: ToWorker): void => worker.postMessage(message);
  try {
    for (;;) {
      const message = await messages.next();
      if (message.kind === 'bytes') {
        const next = await source.next();
        answer({ kind: 'bytes', bytes: next.done ? undefined : next.value });
      } else if (message.kind === 'records') {
        yield* message.records;
        answer({ kind: 'go' });
      } else if (message.kind === 'refused') {
        throw new Invalid(message.code, { violations: message.violations }, message.message);
      } else {
        tally.lines = message.rows;
        tally.blankLines = message.blankRows;
        return;
      }
    }
  } finally {
    await worker.terminate();
    await source.return?.();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Messages of a thread in order; throws when it ended. */
class Messages {
  private readonly arrived: FromWorker[] = [];
  private ended: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(worker: Worker) {
    worker.on('message', (message: FromWorker) => {
      this.arrived.push(message);
      this.wake();
    });
    worker.on('error', (error: Error & { code?: string }) =>
      this.end(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? new Invalid('intake/file-too-heavy', {}, 'the workbook needs more memory than an import may use')
          : error,
      ),
    );
    worker.on('exit', (code) => this.end(new Error(`the thread that reads the workbook ended (${code})`)));
  }

  async next(): Promise<FromWorker> {
    for (;;) {
      const message = this.arrived.shift();
      if (message) return message;
      if (this.ended) throw this.ended;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.wake();
  }
}
