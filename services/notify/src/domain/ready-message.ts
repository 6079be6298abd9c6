import { type Text } from './rendering.js';

/** A message with everything a channel needs, opened for one attempt. It holds addresses and secrets, and is never stored or logged. */
export interface ReadyMail {
  channel: 'email';
  id: string;
  to: string;
  masked: string;
  content: Text;
}
export interface ReadyDelivery {
  channel: 'webhook';
  id: string;
  url: string;
  masked: string;
  secret: string;
  body: string;
}
