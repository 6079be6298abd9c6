import { type Plan } from '@gongdan/packs';

const both = (text: string) => ({ 'zh-CN': text, en: text });

/** A plan of a round every day, at a time of UTC. */
export const aPlan = (more: Partial<Plan> = {}): Plan => ({
  key: 'round',
  names: both('Round'),
  every: 'day',
  at: '10:30',
  ticket: { type: 'check', category: 'round', title: 'Round of {date}' },
  ...more,
});

/** A pack of format 2 with plans; only what intake reads of it. */
export function planned(plans: Plan[], version = 1, key = 'rounds') {
  return {
    pack: { format: 2, key, version, names: both('Rounds'), about: both('Rounds'), language: 'en', zone: 'UTC' },
    catalogue: {
      types: [{ key: 'check', names: both('Check') }],
      categories: [{ key: 'round', names: both('Round') }],
      priorities: ['normal'],
      urgencies: [],
      impacts: [],
      matrix: {},
      defaultPriority: 'normal',
    },
    intake: {
      channels: [
        { key: 'phone', names: both('Phone') },
        { key: 'plan', names: both('Plan') },
      ],
      defaultChannel: 'phone',
      numbering: { format: 'R{yyyy}{seq:5}', scope: ['year'], gapFree: false },
      required: ['contact.phone'],
      plans,
    },
    process: {
      start: [{ go: 'doing' }],
      system: { unroutable: 'doing', withdrawn: 'dropped', importedClosed: 'closed' },
      steps: {
        doing: { names: both('Doing'), state: 'in_progress' },
        dropped: { names: both('Dropped'), state: 'cancelled', final: true },
        closed: { names: both('Closed'), state: 'closed', final: true },
      },
      actions: {},
    },
  };
}
