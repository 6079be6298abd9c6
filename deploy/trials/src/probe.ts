import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface ProbeSettings {
  url: string;
  headers: Record<string, string>;
  /** The pause between an answer and the next request. */
  everyMs: number;
  timeoutMs: number;
}

export interface Sample {
  /** `performance.now()` of the probe's thread; only differences count. */
  at: number;
  /** 0 without an answer. */
  status: number;
  ms: number;
}

/** The answers that a probe got during an attack. */
export class Answers {
  constructor(readonly samples: readonly Sample[]) {}

  get longestMs(): number {
    return Math.round(Math.max(0, ...this.samples.map((s) => s.ms)));
  }

  percentileMs(part: number): number {
    const sorted = this.samples.map((s) => s.ms).sort((a, b) => a - b);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
  }

  /** How many answers had each status other than 200, such as `3 x 503`; empty when none had. */
  get failures(): string {
    const counts = new Map<number, number>();
    for (const { status } of this.samples) if (status !== 200) counts.set(status, (counts.get(status) ?? 0) + 1);
    return [...counts].map(([status, n]) => `${n} x ${status === 0 ? 'no answer' : status}`).join(', ');
  }
}

/**
 * Repeats one request while an attack runs, in a thread of its own: the attack keeps the event loop of this process busy, and its delays must
 * not count as delays of the service.
 */
export class Probe {
  private constructor(private readonly worker: Worker) {}

  static async start(url: string, headers: Record<string, string> = {}, more: Partial<ProbeSettings> = {}): Promise<Probe> {
    const workerData: ProbeSettings = { url, headers, everyMs: 100, timeoutMs: 10_000, ...more };
    const worker = new Worker(new URL('./probe-worker.js', import.meta.url), { workerData });
    await once(worker, 'message');
    return new Probe(worker);
  }

  async stop(): Promise<Answers> {
    const last = once(this.worker, 'message') as Promise<[Sample[]]>;
    this.worker.postMessage('stop');
    return new Answers((await last)[0]);
  }
}

/** Runs an attack while a request is repeated, and returns the answers to that request. */
export async function probed(probe: Promise<Probe>, attack: () => Promise<unknown>): Promise<Answers> {
  const started = await probe;
  try {
    await attack();
  } catch (error) {
    await started.stop();
    throw error;
  }
  return started.stop();
}
