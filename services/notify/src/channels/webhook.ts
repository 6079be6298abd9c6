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

const TIMEOUT = 15_000;

/** Delivers by Standard Webhooks 1.0. Redirects are answers like any other, and what a receiver says beside its status is never read. */
@Injectable()
export class WebhookChannel implements OnApplicationShutdown {
  private readonly agents: { http: http.Agent; https: https.Agent };

  constructor(
    @Inject(CONFIG) private readonly config: NotifyConfig,
    private readonly clock: SystemClock,
  ) {
    const options = { keepAlive: true, maxFreeSockets: 8, timeout: TIMEOUT, lookup: pinnedLookup(config.webhookAllowPrivate) };
    this.agents = { http: new http.Agent(options), https: new https.Agent(options) };
  }

  // After the pumps have stopped (onModuleDestroy): this cuts connections in use.
  onApplicationShutdown(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  async send(d: ReadyDelivery, signal: AbortSignal): Promise<Attempt> {
    // Rules may have become stricter since it was saved.
    const mistake = urlMistake(d.url, this.config.webhookAllowPrivate);
    if (mistake !== undefined) return { result: 'refused', error: `the address ${mistake}` };
    // Real time, whatever a demo's clock shows: receivers refuse old timestamps.
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
      return judge(await this.post(new URL(d.url), headers, d.body, signal), at.getTime());
    } catch (error) {
      // Whether the receiver has it or not: webhook-id makes a repetition harmless.
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
      // From connect to headers; a receiver that drips its answer byte by byte gains nothing.
      const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${TIMEOUT / 1_000} s`)), TIMEOUT);
      const abort = (): void => void request.destroy(new Error('no answer yet, and other deliveries wait'));
      signal.addEventListener('abort', abort);
      const end = (): void => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', abort);
      };
      request.on('response', (response) => {
        end();
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
        // Small replies are drained so that the connection can be used again; a flood is cut off.
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

function judge({ status, retryAfter }: { status: number; retryAfter: string | undefined }, nowMs: number): Attempt {
  const said = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { result: 'accepted', receipt: said };
  if (status === 410) return { result: 'refused', error: said, gone: true };
  const wish = status === 429 || status === 503 ? retryAfterMs(retryAfter, nowMs) : undefined;
  return { result: 'deferred', error: said, ...(wish === undefined ? {} : { retryAfterMs: wish }) };
}
