import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '@gongdan/kernel';
import { type CsvRecord } from '../domain/imports/csv.js';
import { type FromWorker, type ToWorker } from './workbook.js';
import { readWorkbook } from './workbook-reader.js';
import { type WorkbookLimits } from './workbook-limits.js';

/** The thread of `workbookRecords`. */
const RECORDS_PER_MESSAGE = 200;
const { sheet, limits } = workerData as { sheet: string | undefined; limits: WorkbookLimits };
const port = parentPort;
if (!port) throw new Error('this file is run as a worker');

let resume: (message: ToWorker) => void = () => undefined;
port.on('message', (message: ToWorker) => resume(message));
const ask = (message: FromWorker): Promise<ToWorker> =>
  new Promise((resolve) => {
    resume = resolve;
    port.postMessage(message);
  });

// The reader asks for bytes while records are delivered, so its requests are sent one after the other.
let asked: Promise<unknown> = Promise.resolve();
const inTurn = (message: FromWorker): Promise<ToWorker> => {
  const answer = asked.then(() => ask(message));
  asked = answer;
  return answer;
};

async function* bytes(): AsyncGenerator<Buffer> {
  for (;;) {
    const answer = await inTurn({ kind: 'bytes' });
    if (answer.kind !== 'bytes' || answer.bytes === undefined) return;
    yield Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.byteLength);
  }
}

function refusalOf(error: unknown): FromWorker {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AppError) return { kind: 'refused', code: error.code, message, violations: error.violations };
  return { kind: 'refused', code: 'intake/unreadable-file', message: `the file cannot be read: ${message}`, violations: [] };
}

try {
  const counted = { rows: 0, blankRows: 0 };
  let records: CsvRecord[] = [];
  for await (const record of readWorkbook(bytes(), sheet, limits, counted)) {
    records.push(record);
    if (records.length < RECORDS_PER_MESSAGE) continue;
    await inTurn({ kind: 'records', records });
    records = [];
  }
  if (records.length > 0) await inTurn({ kind: 'records', records });
  port.postMessage({ kind: 'done', ...counted } satisfies FromWorker);
} catch (error) {
  port.postMessage(refusalOf(error));
}
port.unref();
