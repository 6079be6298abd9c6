import { commands } from './commands/index.js';

const [name = 'help', ...args] = process.argv.slice(2);
const command = commands[name];

if (!command || name === 'help') {
  const width = Math.max(...Object.values(commands).map((c) => c.usage.length)) + 2;
  console.log(`gongdan <command>\n\n${Object.values(commands).map((c) => `  ${c.usage.padEnd(width)}${c.about}`).join('\n')}`); // prettier-ignore
  process.exit(command || name === 'help' ? 0 : 1);
}
if (args.includes('--help')) {
  console.log(command.help?.(args) ?? `gongdan ${command.usage}\n\n${command.about}`);
  process.exit(0);
}
try {
  await command.run(args);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
