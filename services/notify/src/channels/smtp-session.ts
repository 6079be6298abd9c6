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
/** Until the message is handed over. */
const DEADLINES = { connect: 12_000, login: 8_000, send: 15_000 };

/**
 * One connection. nodemailer's own pool is not used: it repeats a message by itself when a connection breaks, and does not tell whether it
 * broke before or after the final dot.
 */
export class SmtpSession {
  private readonly connection: SMTPConnection;
  private broken: Error | undefined;
  private fail: ((error: Error) => void) | undefined;
  private deadline: NodeJS.Timeout | undefined;

  private constructor(
    private readonly options: ReturnType<typeof parseConnectionUrl>,
    private readonly answerMs: number,
    leaving: AbortSignal,
  ) {
    // Steps have deadlines of their own; a silent socket must not end the longest of them.
    const timeouts = { connectionTimeout: STEP, greetingTimeout: STEP, dnsTimeout: STEP, socketTimeout: answerMs + 2 * STEP };
    this.connection = new SMTPConnection({ ...options, ...timeouts } as ConstructorParameters<typeof SMTPConnection>[0]);
    const end = (error: Error): void => {
      this.broken ??= error;
      this.fail?.(error);
    };
    const leave = (): void => {
      end(new Error('the sender was shut down before the provider answered'));
      this.connection.close();
    };
    this.connection.on('error', end);
    this.connection.on('end', () => {
      leaving.removeEventListener('abort', leave);
      end(new Error('the connection was closed'));
    });
    leaving.addEventListener('abort', leave);
    if (leaving.aborted) leave();
  }

  /** `answerMs`: how long the provider may think once it has the message. Aborting `leaving` ends whatever the session is at. */
  static async open(url: string, answerMs: number, leaving: AbortSignal): Promise<SmtpSession> {
    const session = new SmtpSession(parseConnectionUrl(url), answerMs, leaving);
    try {
      await session.step(DEADLINES.connect, (done) => session.connection.connect((error) => done(error)));
      const { auth } = session.options;
      if (auth)
        await session.step(DEADLINES.login, (done) =>
          session.connection.login({ ...auth, credentials: auth } as Parameters<SMTPConnection['login']>[0], (error) => done(error)),
        );
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
    const handOver = (): void => {
      handedOver = true;
      this.allow(this.answerMs);
    };
    // nodemailer reads the message only after the 354: once it was read, the final dot may be out.
    const message = new Readable({
      read() {
        handOver();
        this.push(mime);
        this.push(null);
      },
    });
    try {
      const info = await this.step<{ response: string }>(DEADLINES.send, (done) =>
        this.connection.send({ from, to: [to], size: mime.length }, message, (error, sent) =>
          done(error ?? undefined, { response: sent?.response ?? '' }),
        ),
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
    // Not every provider says goodbye.
    setTimeout(() => this.connection.close(), STEP).unref();
  }

  private step<T = void>(deadlineMs: number, run: (done: (error?: Error | null, value?: T) => void) => void): Promise<T> {
    if (this.broken) return Promise.reject(this.broken);
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(this.deadline);
        this.fail = undefined;
        settle();
      };
      this.fail = (error) => end(() => reject(error));
      this.allow(deadlineMs);
      run((error, value) => end(() => (error ? reject(error) : resolve(value as T))));
    });
  }

  /** From now, for the step that runs. */
  private allow(ms: number): void {
    clearTimeout(this.deadline);
    if (this.fail) this.deadline = setTimeout(() => this.fail?.(new Error('the provider took too long')), ms);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
