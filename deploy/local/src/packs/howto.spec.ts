import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { SAYS } from '@gongdan/packs/format2';

const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url));
const page = readFileSync(`${docs}packs-howto.md`, 'utf8');

describe('docs/packs-howto.md', () => {
  const blocks = [...page.matchAll(/```yaml\n# (\S+\.yaml)\n([^]*?)```/g)].map(([, file = '', text = '']) => [file, text] as const);
  it('shows blocks of most parts', () => {
    expect(new Set(blocks.map(([file]) => file)).size).toBeGreaterThanOrEqual(8);
  });
  it.each(blocks)('shows %s as it is in the example: %#', (file, text) => {
    expect(readFileSync(`${docs}packs-howto/lost-property/${file}`, 'utf8')).toContain(text);
  });
  it('shows lines of the script that is run', () => {
    const lines = /```text\n([^]*?)```/.exec(page)?.[1] ?? '-';
    expect(readFileSync(`${docs}packs-howto/lost-property.try`, 'utf8')).toContain(lines);
  });
  it('names every word that an action can say', () => {
    const line = /^- \*\*says\*\*.*$/m.exec(page)?.[0] ?? '';
    expect(SAYS.filter((word) => !line.includes(word))).toEqual([]);
  });
  it('names every file of the example', () => {
    for (const file of readdirSync(`${docs}packs-howto/lost-property`)) expect(page).toContain(`\`${file}\``);
  });
});
