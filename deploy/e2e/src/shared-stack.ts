import { type CaughtMail, Client, Home } from 'gongdan';

/** A client of the stack that setup.ts started. */
export function sharedClient(): Client {
  const home = new Home(process.env['GONGDAN_E2E_HOME']);
  return new Client(home, home.read().urls);
}

/** The mails that the mail catcher of the stack received. */
export async function caughtMails(client: Client): Promise<CaughtMail[]> {
  return (await (await fetch(`${client.home.read().mailUrl}/api/messages`)).json()) as CaughtMail[];
}
