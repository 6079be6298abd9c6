import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from '../clients/client.js';
import { Home, PROJECT, SERVICES } from '../home/home.js';
import { Progress } from '../stack/progress.js';
import { endLeftOvers } from '../processes/left-overs.js';
import { Stack } from '../stack/stack.js';
import { type Command } from './command.js';
import { publishPack } from './pack.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Sends a request to the `npm start` of this checkout and returns its answer; undefined when none runs. */
function ask(home: Home, text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(home.controlSocket, () => socket.write(`${text}\n`));
    socket.on('data', (d) => (answer += String(d)));
    socket.once('close', () => resolve(answer));
    socket.once('error', () => resolve(undefined));
  });
}

interface Control {
  stack: () => Stack | undefined;
  leave: (requester?: Socket) => void;
}

/** Listens on the control socket, which is also the lock of this home: nothing is started before this process holds it. */
async function control(home: Home, { stack, leave }: Control): Promise<void> {
  const server = createServer((socket) => {
    socket.once('data', (data) => {
      const [verb = '', name = ''] = String(data).trim().split(' ');
      const running = stack();
      if (verb === 'ping') socket.end('here');
      else if (verb === 'stop') leave(socket);
      else if (verb === 'restart' && running && (SERVICES as readonly string[]).includes(name)) {
        running.restart(name).then(
          () => socket.end(`${name} restarted`),
          (error: unknown) => socket.end(String(error)),
        );
      } else socket.end('unknown');
    });
    socket.on('error', () => undefined);
  });
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(home.controlSocket, resolve);
    });
  try {
    await listen();
  } catch (error) {
    if ((await ask(home, 'ping')) === 'here')
      throw new Error('Gongdan is running already in this checkout; stop it with `npx gongdan stop` (another checkout can run beside it)', {
        cause: error,
      });
    // No process answers: the file was left by a run that was killed.
    rmSync(home.controlSocket, { force: true });
    await listen();
  }
}

/** Reads `--port-base`, or GONGDAN_PORT_BASE. Without either, the ports of the last run are used again. */
function portBaseOf(text = process.env['GONGDAN_PORT_BASE']): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  if (!/^\d{1,5}$/.test(text.trim())) throw new Error(`the port base "${text}" is not a number`);
  return Number(text);
}

export const start: Command = {
  usage: 'start [--reset] [--port-base N]',
  about: 'runs the whole product on this machine',
  async run(args) {
    const { values } = parseArgs({ args, options: { reset: { type: 'boolean' }, 'port-base': { type: 'string' } } });
    const portBase = portBaseOf(values['port-base']);
    const kept = SERVICES.map((s) => `${s.toUpperCase()}_DB_URL`).filter((name) => (process.env[name] ?? '').trim() !== '');
    if (values.reset && kept.length > 0)
      throw new Error(`--reset would delete the key to the contacts in databases that it cannot empty: first unset ${kept.join(', ')}`);
    const began = performance.now();
    const home = new Home();
    const progress = new Progress();
    let stack: Stack | undefined;
    let leavingSince: number | undefined;
    const leave = (requester?: Socket): void => {
      if (leavingSince !== undefined) {
        // One Ctrl-C arrives twice, from the terminal and from npm: only a signal that comes a second later ends this process at once.
        if (performance.now() - leavingSince > 1_000) process.exit(1);
        return;
      }
      leavingSince = performance.now();
      progress.line('\nStopping: services, then Kafka, PostgreSQL, Redis …');
      void (stack?.stop() ?? Promise.resolve()).then(() => {
        rmSync(home.controlSocket, { force: true });
        progress.line(`Stopped. The data is kept in ${home.path}`);
        if (requester) requester.end('stopped', () => process.exit(0));
        else process.exit(0);
      });
    };
    for (const signal of SIGNALS) process.on(signal, () => leave());
    // After a SIGHUP the terminal is closed, and writing to it fails.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    await control(home, { stack: () => stack, leave });
    progress.line('Starting Gongdan on this machine');
    if (values.reset) {
      await endLeftOvers(home);
      home.wipe();
    }
    stack = await Stack.start({ mode: 'demo', outside: process.env, ...(portBase === undefined ? {} : { portBase }) });
    const client = new Client(stack.home, stack.urls);
    await progress.step('Starter pack', async (detail) => detail(await publishPack(client, 'starter')));
    progress.line(`\nReady in ${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
    for (const name of SERVICES) progress.line(`  ${name.padEnd(10)} ${stack.urls[name]}   docs: ${stack.urls[name]}/docs`);
    if (stack.mail) progress.line(`  ${'mail'.padEnd(10)} ${stack.mail.url}   shows every mail that is sent`);
    progress.line(`  ${'kafka'.padEnd(10)} ${stack.kafka}\n`);
    progress.line('Try:');
    progress.line('  npx gongdan demo              sends tickets through all five services and prints what happens');
    progress.line('  npx gongdan bus status        shows lag, outbox and parked events of every service');
    progress.line(`  curl -H "authorization: Bearer $(npx gongdan token --as mei)" ${stack.urls.intake}/v1/tickets`);
    progress.line('\nCtrl-C stops everything in order.');
  },
};

export const stop: Command = {
  usage: 'stop',
  about: 'stops the product that runs in this checkout',
  async run() {
    const home = new Home();
    const answer = await ask(home, 'stop');
    if (answer !== undefined) {
      console.log(answer);
      return;
    }
    const ended = await endLeftOvers(home);
    console.log(
      ended.length === 0
        ? 'Gongdan is not running in this checkout'
        : `\`npm start\` was killed; stopped the processes it left behind: ${ended.join(', ')}`,
    );
  },
};

export const status: Command = {
  usage: 'status',
  about: 'shows which services run and whether they are ready',
  async run() {
    const { urls, mailUrl } = new Home().read();
    if (Object.keys(urls).length === 0) throw new Error('Gongdan is not running in this checkout: run `npm start` first');
    for (const [name, url] of Object.entries(urls)) {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) }).then(
        async (r) => (r.ok ? 'ready' : `not ready: ${await r.text()}`),
        () => 'does not answer',
      );
      console.log(`${name.padEnd(10)} ${url}  ${answer}`);
    }
    if (mailUrl !== undefined) console.log(`${'mail'.padEnd(10)} ${mailUrl}`);
  },
};

export const dev: Command = {
  usage: 'dev <service>',
  about: 'rebuilds a service on change and restarts it; the others keep running',
  async run([name = '']) {
    if (!(SERVICES as readonly string[]).includes(name)) throw new Error(`name a service: ${SERVICES.join(', ')}`);
    const home = new Home();
    if ((await ask(home, 'ping')) !== 'here') throw new Error('run `npm start` in another terminal first');
    const tsc = spawn(
      process.execPath,
      [join(PROJECT, 'node_modules/@typescript/native/bin/tsc'), '-b', '--watch', '--preserveWatchOutput', join(PROJECT, 'services', name)],
      { cwd: PROJECT, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    console.log(`watching ${name}`);
    tsc.stdout.on('data', (data: Buffer) => {
      process.stdout.write(data);
      if (!/Found 0 errors/.test(String(data))) return;
      // After the first build too: the code may have been changed before the watch began.
      void ask(home, `restart ${name}`).then((answer) => console.log(answer ?? 'Gongdan is not running any more'));
    });
    for (const signal of SIGNALS) process.on(signal, () => tsc.kill());
    await new Promise((resolve) => tsc.once('exit', resolve));
  },
};
