import { appErrorIn } from '@gongdan/kernel';
import { type Sealer } from '@gongdan/platform';
import { z } from 'zod';
import { type Text } from '../domain/rendering.js';

const Contact = z.object({ name: z.string().optional(), phone: z.string().optional(), email: z.string().optional() });
const Content = z.object({ subject: z.string(), text: z.string() });

/** Opens the contact of a ticket; undefined when there is none, or when what is sealed cannot be opened here. */
export function openContact(
  sealer: Sealer,
  org: string,
  ticketId: string,
  sealed: string | undefined,
): z.infer<typeof Contact> | undefined {
  return openedContact(sealer, sealed, `contact|${org}|${ticketId}`);
}

/** Opens the address of a person of the directory, which dispatch sealed; undefined as above. */
export function openStaffEmail(sealer: Sealer, org: string, person: { id: string; contactSealed?: string }): string | undefined {
  return openedContact(sealer, person.contactSealed, `directory|${org}|${person.id}`)?.email;
}

function openedContact(sealer: Sealer, sealed: string | undefined, place: string): z.infer<typeof Contact> | undefined {
  if (sealed === undefined) return undefined;
  try {
    return Contact.parse(JSON.parse(sealer.open(sealed, place)));
  } catch (error) {
    // A contact that cannot be opened must not stop the stream of events; the mail then fails because there is no address, which can be read.
    if (appErrorIn(error) || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** Mails hold names and answers: they are sealed at rest as the contact is. */
export function sealContent(sealer: Sealer, messageId: string, content: Text): string {
  return sealer.seal(JSON.stringify(content), `message|${messageId}`);
}

export function openContent(sealer: Sealer, messageId: string, sealed: string): Text {
  return Content.parse(JSON.parse(sealer.open(sealed, `message|${messageId}`)));
}

const webhookSecretOf = (org: string, id: string): string => `webhook|${org}|${id}`;

export function sealWebhookSecret(sealer: Sealer, org: string, id: string, secret: string): string {
  return sealer.seal(secret, webhookSecretOf(org, id));
}

export function openWebhookSecret(sealer: Sealer, org: string, id: string, sealed: string): string {
  return sealer.open(sealed, webhookSecretOf(org, id));
}
