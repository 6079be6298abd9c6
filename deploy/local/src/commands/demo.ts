import { type Command } from './command.js';

export const demo: Command = {
  usage: 'demo',
  about: 'a handful of tickets travel through the running system while you watch',
  async run() {
    throw new Error('not yet');
  },
};
