import { Controller, type MessageEvent, Sse } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { AnswersEvents, Fanout, Gatekeeper, Right, TokenEnd, Who, Within } from '@gongdan/platform';
import { defer, exhaustMap, filter, finalize, interval, map, merge, Observable, Subject, takeUntil, tap } from 'rxjs';
import { heardOf, liveChannel, type LiveNews, REFETCH } from '../domain/live.js';
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
   * Server-sent events: changes of tickets within the caller's reach as they happen (`ticket`), and tickets that left it (`gone`). The answer ends when the
   * token expires, or when the caller loses the right; a changed reach holds within five seconds. `refetch` says that changes were left out: because too many
   * came at once, because the reach changed, because Redis was away, or because everything was derived again. Updates are lost while a client is not
   * connected: it refetches what it shows whenever it connects. A client that does not read is disconnected when 64 KiB wait for it. A caller may have ten
   * connections per replica; the eleventh is answered with 429.
   */
  @Sse('live', { maxPendingDataLength: MOST_PENDING })
  @Right('live:read')
  @AnswersEvents(
    LiveEvent,
    'An event named `ticket` for each change, `gone` (`ticketId`, `number`) for a ticket that left the units of the caller, and `refetch` ' +
      'when changes were left out; comments in between keep the connection open',
  )
  live(@Who() who: Actor, @Within() scope: Scope, @TokenEnd() tokenEnd: Observable<unknown>): Observable<MessageEvent> {
    // Counted by the subscription: it ends with the connection, whatever the client does. The response of a request that waits behind another one on its
    // connection never emits `close`.
    return defer(() => {
      const leave = this.listeners.enter(who);
      return this.heard(who, scope, tokenEnd).pipe(finalize(leave));
    });
  }

  private heard(who: Actor, scopeOfRequest: Scope, tokenEnd: Observable<unknown>): Observable<MessageEvent> {
    let scope = scopeOfRequest;
    const changedReach = new Subject<MessageEvent>();
    const updates = new Observable<MessageEvent>((subscriber) =>
      this.fanout.subscribe(
        liveChannel(who.org),
        (text) => {
          const heard = heardOf(newsIn(text), scope);
          if (heard) subscriber.next(heard);
        },
        () => subscriber.next(REFETCH),
      ),
    );
    const heartbeats = interval(HEARTBEAT_MS).pipe(map(() => ({ comment: 'heartbeat' })));
    const rightEnd = interval(REACH_MS).pipe(
      exhaustMap(() => this.gatekeeper.scopeNow(who, 'live:read')),
      tap((now) => {
        if (now === undefined || isSame(now, scope)) return;
        scope = now;
        changedReach.next(REFETCH);
      }),
      filter((now) => now === undefined),
    );
    return merge(updates, changedReach, heartbeats).pipe(takeUntil(merge(tokenEnd, rightEnd)));
  }
}

function isSame(a: Scope, b: Scope): boolean {
  return a.all === b.all && a.units.length === b.units.length && a.units.every((unit) => b.units.includes(unit));
}

// All listeners of an organisation get one text after the other: it is parsed once and not for each of them.
let last: { text: string; news: LiveNews } | undefined;

function newsIn(text: string): LiveNews {
  if (last?.text !== text) last = { text, news: JSON.parse(text) as LiveNews };
  return last.news;
}
