import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { type ProbeSettings, type Sample } from './probe.js';

const { url, headers, everyMs, timeoutMs } = workerData as ProbeSettings;
const agent = new Agent({ keepAlive: true });

const ask = (): Promise<Sample> =>
  new Promise((resolve) => {
    const began = performance.now();
    const done = (status: number): void => resolve({ at: began, status, ms: performance.now() - began });
    const sent = request(url, { agent, headers, timeout: timeoutMs }, (answer) => {
      answer.resume().once('end', () => done(answer.statusCode ?? 0));
    });
    sent.once('error', () => done(0)).once('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.end();
  });

const samples: Sample[] = [];
let stopping = false;
parentPort?.once('message', () => (stopping = true));
// The first request opens the connection.
await ask();
parentPort?.postMessage('started');
while (!stopping) {
  samples.push(await ask());
  await new Promise((wake) => setTimeout(wake, everyMs));
}
agent.destroy();
parentPort?.postMessage(samples);
