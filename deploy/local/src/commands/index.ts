import { bus, events, parked, republish } from './bus.js';
import { type Command } from './command.js';
import { clock } from './clock.js';
import { demo } from './demo.js';
import { importFile } from './import.js';
import { pack } from '../packs/pack-command.js';
import { dev, start, status, stop } from './start.js';
import { token } from './token.js';

/** All commands of `npx gongdan`. */
export const commands: Record<string, Command> = {
  start,
  stop,
  status,
  dev,
  demo,
  token,
  clock,
  pack,
  import: importFile,
  bus,
  events,
  parked,
  republish,
  help: { usage: 'help', about: 'prints this list', run: async () => undefined },
};
