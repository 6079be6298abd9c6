import { Controller, type MessageEvent, Res, Sse } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { AnswersEvents, Fanout, Gatekeeper, Right, TokenEnd, Who, Within } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { exhaustMap, filter, interval, map, merge, Observable, takeUntil, tap } from 'rxjs';
import { isWithin, liveChannel } from '../use-cases/project-events.js';
import { LiveListeners } from './live-listeners.js';
import { LiveEvent } from './shapes.js';

// About 250 updates. What the buffers of the sockets hold (some megabytes, in the kernel) is not counted.
const MOST_PENDING = 64 * 1_024;
// Proxies close silent connections after 60 s.
const HEARTBEAT_MS = 15_000;
// A change of the directory acts on open connections within this time. Looking at each update instead would cost a look per listener and update.
const REACH_MS = 5_000;

@Controller('v1')
export class LiveController {
  constructor(
    private readonly fanout: Fanout,
    private readonly gatekeeper: Gatekeeper,
    private readonly listeners: LiveListeners,
  ) {}

  /**
   * Server-sent events: changes of tickets within the caller's reach as they happen. The answer ends when the token expires, or when the caller loses the
   * right; a changed reach holds within five seconds. Updates may be lost: a client refetches what it shows whenever it connects. A client that does not
   * read is disconnected when 64 KiB wait for it. A caller may have ten connections per replica; the eleventh is answered with 429.
   */
  @Sse('live', { maxPendingDataLength: MOST_PENDING })
  @Right('live:read')
  @AnswersEvents(LiveEvent, 'An event named `ticket` for each change; comments in between keep the connection open')
  live(
    @Who() who: Actor,
    @Within() scopeOfRequest: Scope,
    @TokenEnd() tokenEnd: Observable<unknown>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Observable<MessageEvent> {
    const leave = this.listeners.enter(who);
    reply.raw.once('close', leave);
    // The client may have gone while its token was verified: then `close` came before.
    if (reply.raw.destroyed) leave();
    let scope = scopeOfRequest;
    const updates = new Observable<MessageEvent>((subscriber) =>
      this.fanout.subscribe(liveChannel(who.org), (text) => {
        if (isWithin(text, scope)) subscriber.next({ type: 'ticket', data: text });
      }),
    );
    const heartbeats = interval(HEARTBEAT_MS).pipe(map(() => ({ comment: 'heartbeat' })));
    const rightEnd = interval(REACH_MS).pipe(
      exhaustMap(() => this.gatekeeper.scopeNow(who, 'live:read')),
      tap((now) => (scope = now ?? scope)),
      filter((now) => now === undefined),
    );
    return merge(updates, heartbeats).pipe(takeUntil(merge(tokenEnd, rightEnd)));
  }
}
