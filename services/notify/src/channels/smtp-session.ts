import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { parseConnectionUrl } from 'nodemailer/lib/shared';

/** An SMTP failure and the one question that matters: was the whole message in the provider's hands when it happened? */
export class SmtpFailure extends Error {
  constructor(
    message: string,
    readonly code: number | undefined,
    readonly handedOver: boolean,
  ) {
    super(message);
  }
}

const STEP = 10_000;
/** Together below the lease of a claim (claim-messages.ts): a stale session, connect, log in, hand over. */
const DEADLINES = { connect: 12_000, login: 8_000, send: 15_000 };

/**
 * One connection. nodemailer's own pool is not used: it repeats a message by itself when a connection breaks, and does not tell whether it
 * broke before or after the final dot.
 */
export class SmtpSession {
  private readonly connection: SMTPConnection;
  private broken: Error | undefined;
  private fail: ((error: Error) => void) | undefined;

  private constructor(private readonly options: ReturnType<typeof parseConnectionUrl>) {
    this.connection = new SMTPConnection({ ...options, connectionTimeout: STEP, greetingTimeout: STEP, dnsTimeout: STEP, socketTimeout: 2 * STEP } as ConstructorParameters<typeof SMTPConnection>[0]);
    const end = (error: Error): void => {
      this.broken ??= error;
      this.fail?.(error);
    };
    this.connection.on('error', end);
    this.connection.on('end', () => end(new Error('the connection was closed')));
  }

  static async open(url: string): Promise<SmtpSession> {
    const session = new SmtpSession(parseConnectionUrl(url));
    try {
      await session.step(DEADLINES.connect, (done) => session.connection.connect((error) => done(error)));
      const { auth } = session.options;
      if (auth) await session.step(DEADLINES.login, (done) => session.connection.login({ ...auth, credentials: auth } as Parameters<SMTPConnection['login']>[0], (error) => done(error)));
      return session;
    } catch (error) {
      session.close();
      throw new SmtpFailure(textOf(error), undefined, false);
    }
  }

  get usable(): boolean {
    return this.broken === undefined;
  }

  /** The provider's reply. */
  async send(from: string, to: string, mime: Buffer): Promise<string> {
    let handedOver = false;
    // nodemailer reads the message only after the 354: once it was read, the final dot may be out.
    const message = new Readable({
      read() {
        handedOver = true;
        this.push(mime);
        this.push(null);
      },
    });
    try {
      const info = await this.step<{ response: string }>(DEADLINES.send, (done) =>
        this.connection.send({ from, to: [to], size: mime.length }, message, (error, sent) => done(error ?? undefined, { response: sent?.response ?? '' })),
      );
      return info.response;
    } catch (error) {
      const code = (error as { responseCode?: unknown }).responseCode;
      throw new SmtpFailure(textOf(error), typeof code === 'number' ? code : undefined, handedOver);
    }
  }

  /** After a refusal the session is in the middle of a transaction; a fresh start is as cheap as RSET. */
  close(): void {
    this.broken ??= new Error('closed');
    this.connection.close();
  }

  quit(): void {
    this.broken ??= new Error('quit');
    this.connection.quit();
  }

  private step<T = void>(deadlineMs: number, run: (done: (error?: Error | null, value?: T) => void) => void): Promise<T> {
    if (this.broken) return Promise.reject(this.broken);
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(deadline);
        this.fail = undefined;
        settle();
      };
      const deadline = setTimeout(() => end(() => reject(new Error('the provider took too long'))), deadlineMs);
      this.fail = (error) => end(() => reject(error));
      run((error, value) => end(() => (error ? reject(error) : resolve(value as T))));
    });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
