import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { parseConnectionUrl } from 'nodemailer/lib/shared';

/** A failure of SMTP. `handedOver`: the provider may have the whole message, so it must not simply be sent again. */
export class SmtpFailure extends Error {
  constructor(
    message: string,
    readonly code: number | undefined,
    readonly handedOver: boolean,
  ) {
    super(message);
  }
}

const STEP_MS = 10_000;
/** Milliseconds for each step until the message is handed over. */
const DEADLINES = { connect: 12_000, login: 8_000, send: 15_000 };

/**
 * One SMTP connection. nodemailer's own pool is not used: it repeats a message by itself when a connection breaks, and does not report whether the
 * connection broke before or after the final dot.
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
    // Each step has its own deadline. The timeout of the socket is longer than the longest of them.
    const timeouts = { connectionTimeout: STEP_MS, greetingTimeout: STEP_MS, dnsTimeout: STEP_MS, socketTimeout: answerMs + 2 * STEP_MS };
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

  /**
   * Connects and logs in; throws SmtpFailure. `answerMs`: how long the provider may take to answer once it has the message. Aborting `leaving` ends
   * the step that is running.
   */
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

  /** Sends one message and returns the provider's reply; throws SmtpFailure. */
  async send(from: string, to: string, mime: Buffer): Promise<string> {
    let handedOver = false;
    const handOver = (): void => {
      handedOver = true;
      this.setDeadline(this.answerMs);
    };
    // nodemailer reads the message only after the reply 354: once it was read, the final dot may have been sent.
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

  /** Used after a refusal, which leaves the session in a transaction: a new connection costs as little as RSET. */
  close(): void {
    this.broken ??= new Error('closed');
    this.connection.close();
  }

  quit(): void {
    this.broken ??= new Error('quit');
    this.connection.quit();
    // Some providers do not answer QUIT.
    setTimeout(() => this.connection.close(), STEP_MS).unref();
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
      this.setDeadline(deadlineMs);
      run((error, value) => end(() => (error ? reject(error) : resolve(value as T))));
    });
  }

  /** Sets the deadline of the step that is running, counted from now. */
  private setDeadline(ms: number): void {
    clearTimeout(this.deadline);
    if (this.fail) this.deadline = setTimeout(() => this.fail?.(new Error('the provider took too long')), ms);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
