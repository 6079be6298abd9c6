import { type CaughtMail, Client, Home } from 'gongdan';

/** The stack setup.ts started, as a caller sees it. */
export function sharedClient(): Client {
  const home = new Home(process.env['GONGDAN_E2E_HOME']);
  return new Client(home, home.read().urls);
}

export async function caughtMails(client: Client): Promise<CaughtMail[]> {
  return (await (await fetch(`${client.home.read().mailUrl}/api/messages`)).json()) as CaughtMail[];
}
