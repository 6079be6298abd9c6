import { appErrorIn } from '@gongdan/kernel';
import { type Sealer } from '@gongdan/platform';
import { z } from 'zod';
import { type Text } from '../domain/rendering.js';
import { type KnownTicket } from '../domain/ticket.js';

const Contact = z.object({ name: z.string().optional(), phone: z.string().optional(), email: z.string().optional() });
const Content = z.object({ subject: z.string(), text: z.string() });

/** The complainant, opened for this moment; undefined when there is none, or what is sealed cannot be opened here. */
export function contactOf(sealer: Sealer, ticket: Pick<KnownTicket, 'org' | 'id' | 'contactSealed'>): z.infer<typeof Contact> | undefined {
  if (ticket.contactSealed === undefined) return undefined;
  try {
    return Contact.parse(JSON.parse(sealer.open(ticket.contactSealed, `contact|${ticket.org}|${ticket.id}`)));
  } catch (error) {
    // A contact that does not open must not stop the stream of events; the mail then fails for want of an address, with a reason to read.
    if (appErrorIn(error) || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** Letters hold names and answers: at rest they are as closed as the contact. */
export function sealContent(sealer: Sealer, messageId: string, content: Text): string {
  return sealer.seal(JSON.stringify(content), `message|${messageId}`);
}

export function openContent(sealer: Sealer, messageId: string, sealed: string): Text {
  return Content.parse(JSON.parse(sealer.open(sealed, `message|${messageId}`)));
}

/** `l***@example.org`: enough to recognise, not enough to write to. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 1 ? '***' : `${address.slice(0, 1)}***${address.slice(at)}`;
}
