import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG } from '@gongdan/platform';
import MailComposer from 'nodemailer/lib/mail-composer';
import { type NotifyConfig } from '../config.js';
import { type Attempt } from '../domain/outcome.js';
import { type ReadyMail } from '../domain/ready-message.js';
import { SmtpFailure, SmtpSession } from './smtp-session.js';

const IDLE = 5_000;

/** Mail over SMTP, a few connections kept open between messages. */
@Injectable()
export class EmailChannel implements OnApplicationShutdown {
  private readonly idle: { session: SmtpSession; timer: NodeJS.Timeout }[] = [];

  constructor(@Inject(CONFIG) private readonly config: NotifyConfig) {}

  onApplicationShutdown(): void {
    for (const { session, timer } of this.idle.splice(0)) {
      clearTimeout(timer);
      session.quit();
    }
  }

  async send(mail: ReadyMail): Promise<Attempt> {
    const mime = await this.compose(mail);
    try {
      const session = this.take() ?? (await SmtpSession.open(this.config.smtpUrl));
      try {
        const receipt = await session.send(this.config.mailFrom, mail.to, mime);
        this.keep(session);
        return { result: 'accepted', receipt };
      } catch (error) {
        session.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof SmtpFailure) return judge(error);
      throw error;
    }
  }

  /** Repetitions carry the same Message-ID, so that a mailbox can know them. */
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
    const timer = setTimeout(() => {
      const at = this.idle.findIndex((k) => k.session === session);
      if (at >= 0) this.idle.splice(at, 1);
      session.quit();
    }, IDLE);
    timer.unref();
    this.idle.push({ session, timer });
  }
}

/** A reply is an answer, whenever it comes; silence is one only before the message was handed over. */
function judge(f: SmtpFailure): Attempt {
  if (f.code !== undefined) return f.code >= 500 ? { result: 'refused', error: f.message } : { result: 'deferred', error: f.message };
  return f.handedOver ? { result: 'doubt', error: f.message } : { result: 'deferred', error: f.message };
}
