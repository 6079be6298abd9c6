import http from 'node:http';
import https from 'node:https';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, SystemClock } from '@gongdan/platform';
import { Webhook } from 'standardwebhooks';
import { type NotifyConfig } from '../config.js';
import { type Attempt, retryAfterMs } from '../domain/outcome.js';
import { urlMistake } from '../domain/public-address.js';
import { type ReadyDelivery } from '../domain/ready-message.js';
import { pinnedLookup } from './pinned-lookup.js';

const TIMEOUT_MS = 15_000;

/** Delivers by Standard Webhooks 1.0. A redirect is an answer like any other, and of an answer only status and Retry-After are read. */
@Injectable()
export class WebhookChannel implements OnApplicationShutdown {
  private readonly agents: { http: http.Agent; https: https.Agent };

  constructor(
    @Inject(CONFIG) private readonly config: NotifyConfig,
    private readonly clock: SystemClock,
  ) {
    const options = { keepAlive: true, maxFreeSockets: 8, timeout: TIMEOUT_MS, lookup: pinnedLookup(config.webhookAllowPrivate) };
    this.agents = { http: new http.Agent(options), https: new https.Agent(options) };
  }

  // The pumps have stopped before (onModuleDestroy): this closes connections that are in use.
  onApplicationShutdown(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  async send(d: ReadyDelivery, signal: AbortSignal): Promise<Attempt> {
    // The rules may have become stricter since the webhook was created.
    const mistake = urlMistake(d.url, this.config.webhookAllowPrivate);
    if (mistake !== undefined) return { result: 'refused', error: `the address ${mistake}` };
    // Real time and not the shifted time of a demo: receivers refuse old timestamps.
    const at = new Date(Date.parse(this.clock.now()) - this.clock.offsetMs);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(d.body),
      'user-agent': 'Gongdan-Webhooks/1',
      'webhook-id': d.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(d.secret).sign(d.id, at, d.body),
    };
    try {
      return attemptOf(await this.post(new URL(d.url), headers, d.body, signal), at.getTime());
    } catch (error) {
      // The receiver may have it or not: webhook-id makes a repetition harmless.
      return { result: 'deferred', error: error instanceof Error ? error.message : 'the connection failed' };
    }
  }

  private post(
    url: URL,
    headers: http.OutgoingHttpHeaders,
    body: string,
    signal: AbortSignal,
  ): Promise<{ status: number; retryAfter: string | undefined }> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, {
        method: 'POST',
        headers,
        agent: secure ? this.agents.https : this.agents.http,
      });
      // From the connection to the headers of the answer: an answer that comes byte by byte does not extend it.
      const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)), TIMEOUT_MS);
      const abort = (): void => void request.destroy(new Error('no answer yet, and other deliveries wait'));
      signal.addEventListener('abort', abort);
      const end = (): void => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', abort);
      };
      request.on('response', (response) => {
        end();
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
        // A small body is read to its end, so that the connection can be used again; a large one is cut off.
        if (Number(response.headers['content-length'] ?? Infinity) <= 16_384) response.resume();
        else response.destroy();
        response.on('error', () => undefined);
      });
      request.on('error', (error) => {
        end();
        reject(error);
      });
      request.end(body);
    });
  }
}

function attemptOf({ status, retryAfter }: { status: number; retryAfter: string | undefined }, nowMs: number): Attempt {
  const answer = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { result: 'accepted', receipt: answer };
  if (status === 410) return { result: 'refused', error: answer, gone: true };
  const retryMs = status === 429 || status === 503 ? retryAfterMs(retryAfter, nowMs) : undefined;
  return { result: 'deferred', error: answer, ...(retryMs === undefined ? {} : { retryAfterMs: retryMs }) };
}
