import { publishPack } from 'gongdan';
import { admin, authorization } from '../callers.js';
import { watchMemory } from '../memory.js';
import { Probe, probed } from '../probe.js';
import { must, type Trial } from '../trial.js';
import { type Heavy, heavyWorkbook } from './heavy-workbook.js';
import { CSV_MAPPING, endOfImport, type ImportView, startImport } from './imports.js';

/** Runs without text are a valid text, which is empty; the import ends with a rejected row. Each of them is smaller than 10 MB. The first is the fault: it took the heap of intake to 4.4 GB, and again after each restart. */
const BOMBS: Readonly<Record<string, Heavy & { refused: RegExp | null }>> = {
  '32 million runs in one text': { where: 'run', xml: '<r><rPr><b/><sz val="11"/></rPr><t xml:space="preserve">x</t></r>', times: 32_000_000, refused: /characters in a cell/ },
  '40 million runs without text': { where: 'run', xml: '<r><t/></r>', times: 40_000_000, refused: null },
  '4 million shared strings': { where: 'string', xml: '<si><t>断网投诉</t></si>', times: 4_000_000, refused: /different texts/ },
  '2.5 GB unpacked': { where: 'sheet', xml: '<!-- nothing -->', times: 160_000_000, refused: /unpacks to more/ },
}; // prettier-ignore
/** Beyond what intake had before. The thread that reads a workbook may have a heap of 384 MB. */
const MOST_MORE_MB = 1_000;
/** An answer to another organisation takes at most this long, on a machine whose other core reads the workbook. */
const SLOWEST_MS = 3_000;
const ENDS_WITHIN_MS = 120_000;

export const workbooks: Trial = {
  name: 'workbooks',
  claim: `Intake stays up, in memory and quick while it reads ${Object.keys(BOMBS).length} workbooks that unpack to gigabytes, and refuses what is beyond its limits.`,
  async run(product) {
    const { stack, client } = product;
    const attacker = admin('trial-workbooks');
    const other = await authorization(product, admin('trial-bystander'));
    await publishPack(client, 'starter', attacker);
    const seen: string[] = [];
    const pid = stack.pid('intake');
    for (const [what, heavy] of Object.entries(BOMBS)) {
      const file = heavyWorkbook(heavy);
      must(file.length < 10_000_000, `the workbook with ${what} has ${file.length} bytes, which is no trick any more`);
      const memory = watchMemory(() => stack.pid('intake'));
      let view: ImportView | undefined;
      const answers = await probed(Probe.start(`${stack.urls.intake}/v1/tickets`, other), async () => {
        const id = await startImport(client, attacker, file, { ...CSV_MAPPING, format: 'xlsx' });
        view = await endOfImport(client, attacker, id, ENDS_WITHIN_MS);
      });
      const { beforeMb, peakMb } = memory.stop();
      must(stack.pid('intake') === pid, `intake did not survive ${what}`);
      must(peakMb - beforeMb < MOST_MORE_MB, `intake went from ${beforeMb} to ${peakMb} MB with ${what}`);
      must(answers.failures === '', `others got ${answers.failures} during ${what}`);
      must(answers.longestMs < SLOWEST_MS, `others waited ${answers.longestMs} ms during ${what}`);
      const isRefused = view?.state === 'failed' && heavy.refused?.test(view.error ?? '') === true;
      must(view?.created === 0 && (isRefused || heavy.refused === null), `the import of ${what} is ${view?.state}: ${view?.error}`);
      seen.push(`${what} (${(file.length / 1e6).toFixed(1)} MB): ${view.error ?? view.state}, +${peakMb - beforeMb} MB, slowest answer ${answers.longestMs} ms`); // prettier-ignore
    }
    return seen.join('\n      ');
  },
};
