/** One request of an actor with what came of it. */
export interface Asked {
  /** Sent as x-correlation-id: the events of the request carry it. */
  correlation: string;
  actor: string;
  ticketId: string;
  action: string;
  task?: number;
  /** If-Match. */
  seen?: number;
  /** Idempotency-Key, and the content that was sent with it. */
  key?: string;
  body: string;
  sent: number;
  /** Absent when the connection broke: the action may have happened. */
  answered?: number;
  status?: number;
  code?: string;
  replayed?: boolean;
  /** Version of the case that the answer told. */
  version?: number;
}

/** A request that only reads a case; it is kept for the version that it was answered with. */
export const LOOK = 'look';
