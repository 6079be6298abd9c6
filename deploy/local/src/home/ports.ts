import { createServer } from 'node:net';

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** Ports that were returned before in this process, whether a server listens on them already or not. */
const given = new Set<number>();

/** Returns the preferred port, or the next free one in steps of 20, so that two checkouts can run side by side. `0` takes any free port. */
export async function freePort(preferred: number): Promise<number> {
  for (let port = preferred; preferred > 0 && port < preferred + 1_000; port += 20) {
    if (!given.has(port) && (await canListen(port)) !== undefined) {
      given.add(port);
      return port;
    }
  }
  for (;;) {
    const port = await canListen(0);
    if (port === undefined) throw new Error('no port is free on 127.0.0.1');
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}
