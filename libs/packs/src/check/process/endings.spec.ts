import { describe as group, expect, it } from '@jest/globals';
import { readPackTexts } from '../../disk/pack-texts.js';
import { describe } from '../../mistakes.js';
import { exampleTexts } from '../lost-property.js';

/** The example, in which the end of the group closes the case; `stop` are the triggers that stop the clock of keeping. */
function mistakesWith(stop: string): string {
  const texts = exampleTexts();
  const edit = (file: string, from: string, to: string): unknown => texts.set(file, (texts.get(file) ?? '').replace(from, to));
  edit('process.yaml', 'then: [{ go: handing-over }]', 'then: [{ go: returned }]');
  edit('sla.yaml', '    limit: { days: 90 }\n    start: [dispatch.ticket-accepted]\n    stop: [dispatch.ticket-closed]', `    limit: { days: 90 }\n    start: [dispatch.ticket-accepted]\n    stop: [${stop}]`); // prettier-ignore
  return describe(readPackTexts(texts).mistakes);
}
const closedBy = (...actions: string[]): string => `{ on: dispatch.ticket-closed, when: { event.cause.key: [${actions.join(', ')}] } }`;

group('a clock of a case that the end of a group closes', () => {
  it('goes on when the trigger names the action that opened the group, for the one that ends it is told', () => {
    expect(mistakesWith(closedBy('claim', 'refuse', 'hand-over', 'give-up', 'unclaimed'))).toMatch(
      /sla\.yaml:29:\d+ \/clocks\/1\/stop: clock keeping goes on after the end of the case: approve ends group approval, whose then: closes it \(approving -> returned\), and tells nothing that stops it; add dispatch\.ticket-closed to stop or cancel/,
    );
  });
  it('is stopped when the trigger names the action that ends the group', () => {
    expect(mistakesWith(closedBy('approve', 'refuse', 'hand-over', 'give-up', 'unclaimed'))).toBe('');
  });
  it('goes on when the trigger leaves out the action that refuses', () => {
    expect(mistakesWith(closedBy('approve', 'hand-over', 'give-up', 'unclaimed'))).toMatch(
      /refuse ends group approval, whose refused: closes it \(approving -> not-found\)/,
    );
  });
});
