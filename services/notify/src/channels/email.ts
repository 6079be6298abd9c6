import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG } from '@gongdan/platform';
import MailComposer from 'nodemailer/lib/mail-composer';
import { type NotifyConfig } from '../config.js';
import { type Attempt } from '../domain/outcome.js';
import { type ReadyMail } from '../domain/ready-message.js';
import { redact } from '../domain/redaction.js';
import { SmtpFailure, SmtpSession } from './smtp-session.js';

const KEEP_IDLE_MS = 5_000;

/** Sends mail over SMTP. Connections are kept open for some seconds, to be used for the next mail. */
@Injectable()
export class EmailChannel implements OnApplicationShutdown {
  private readonly leaving = new AbortController();
  private readonly idle: { session: SmtpSession; timer: NodeJS.Timeout }[] = [];
  private closed = false;

  constructor(@Inject(CONFIG) private readonly config: NotifyConfig) {}

  onApplicationShutdown(): void {
    this.closed = true;
    for (const { session, timer } of this.idle.splice(0)) {
      clearTimeout(timer);
      session.quit();
    }
  }

  /**
   * What a provider answers is stored, listed and published, so addresses in it are removed here. The signal is aborted only when the process
   * stops: it ends all sessions. A message that was handed over is then in doubt, any other was not sent.
   */
  async send(mail: ReadyMail, signal: AbortSignal): Promise<Attempt> {
    const leave = (): void => this.leaving.abort();
    signal.addEventListener('abort', leave);
    const attempt = await this.deliver(mail).finally(() => signal.removeEventListener('abort', leave));
    return attempt.result === 'accepted'
      ? { ...attempt, receipt: redact(attempt.receipt, mail.to) }
      : { ...attempt, error: redact(attempt.error, mail.to) };
  }

  private async deliver(mail: ReadyMail): Promise<Attempt> {
    const mime = await this.compose(mail);
    const kept = this.take();
    if (kept) {
      const attempt = await this.sendOver(kept, mail.to, mime);
      // The provider may have closed the idle connection just now: nothing was handed over, so a new connection may try at once.
      if (attempt !== 'stale') return attempt;
    }
    try {
      const attempt = await this.sendOver(await this.open(), mail.to, mime);
      return attempt === 'stale' ? { result: 'deferred', error: 'the provider closed the connection' } : attempt;
    } catch (error) {
      if (error instanceof SmtpFailure) return attemptOf(error);
      throw error;
    }
  }

  private open(): Promise<SmtpSession> {
    const { smtpUrl, mailAnswerMs } = this.config;
    return SmtpSession.open(smtpUrl, mailAnswerMs, this.leaving.signal);
  }

  private async sendOver(session: SmtpSession, to: string, mime: Buffer): Promise<Attempt | 'stale'> {
    try {
      const receipt = await session.send(this.config.mailFrom, to, mime);
      this.keep(session);
      return { result: 'accepted', receipt };
    } catch (error) {
      session.close();
      if (!(error instanceof SmtpFailure)) throw error;
      return error.code === undefined && !error.handedOver ? 'stale' : attemptOf(error);
    }
  }

  /** Repetitions have the same Message-ID, by which a mailbox can recognise them. */
  private compose(mail: ReadyMail): Promise<Buffer> {
    const { mailFrom } = this.config;
    return new MailComposer({
      from: { name: '', address: mailFrom },
      to: { name: '', address: mail.to },
      subject: mail.content.subject,
      text: mail.content.text,
      messageId: `<${mail.id}@${mailFrom.slice(mailFrom.lastIndexOf('@') + 1)}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      disableFileAccess: true,
      disableUrlAccess: true,
    })
      .compile()
      .build();
  }

  private take(): SmtpSession | undefined {
    for (let kept = this.idle.pop(); kept; kept = this.idle.pop()) {
      clearTimeout(kept.timer);
      if (kept.session.usable) return kept.session;
    }
    return undefined;
  }

  private keep(session: SmtpSession): void {
    if (this.closed) return session.quit();
    const timer = setTimeout(() => {
      const at = this.idle.findIndex((k) => k.session === session);
      if (at >= 0) this.idle.splice(at, 1);
      session.quit();
    }, KEEP_IDLE_MS);
    timer.unref();
    this.idle.push({ session, timer });
  }
}

/** A reply decides, whenever it comes. Without a reply the message was not sent if it was not handed over, and is in doubt if it was. */
function attemptOf(f: SmtpFailure): Attempt {
  if (f.code !== undefined) return f.code >= 500 ? { result: 'refused', error: f.message } : { result: 'deferred', error: f.message };
  return f.handedOver ? { result: 'doubt', error: f.message } : { result: 'deferred', error: f.message };
}
