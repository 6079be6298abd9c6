import { fileURLToPath } from 'node:url';
import { readPackFolder } from '@gongdan/packs/files';
import { PackFormat2, SampleDirectory } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { Speech } from '../texts.js';
import { TrySession } from './session.js';

const { json, directory } = readPackFolder(fileURLToPath(new URL('../../../../../docs/packs-howto/lost-property/', import.meta.url)));
const example = PackFormat2.parse(json);
const people = SampleDirectory.parse(directory);
type Clock = NonNullable<PackFormat2['sla']>['clocks'][number];

/** A session of the example with clocks of its own; 2 March 2026 is a Monday, 09:00 in Shanghai. */
function sessionWith(change: (pack: PackFormat2) => void = () => undefined, lang: 'zh-CN' | 'en' = 'en'): (...lines: string[]) => string {
  const pack = structuredClone(example);
  change(pack);
  const session = new TrySession(pack, people, new Speech(lang));
  return (...lines) => lines.map((line) => session.run(line).join('\n')).at(-1) ?? '';
}
const n = (text: string) => ({ 'zh-CN': text, en: text });
const clock = (over: Partial<Clock>): Clock => ({
  key: 'hours',
  names: { 'zh-CN': '时限', en: 'Limit' },
  limit: { hours: 10 },
  calendar: 'office',
  start: ['intake.ticket-registered'],
  stop: ['dispatch.ticket-closed'],
  warnings: [],
  ...over,
});
const withClock = (over: Partial<Clock>) => (pack: PackFormat2) => {
  const hours = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((d) => [d, ['09:00-17:00']]));
  pack.sla = { calendars: [{ key: 'office', zone: 'Asia/Shanghai', hours }], clocks: [clock(over)] };
  delete pack.pack.calendar;
  delete pack.process.reactions;
  // The clocks of the example are gone, and so are the notices about them.
  delete pack.notify;
};

describe('who sees a tried ticket', () => {
  const anywhere = (pack: PackFormat2): void => {
    const giveUp = pack.process.actions['give-up'];
    if (giveUp === undefined) throw new Error('the example has no give-up');
    delete giveUp.when;
    giveUp.by = { role: 'handler', scope: 'any' };
  };
  it('is nobody whose roles do not reach its unit: he is not offered what his role could do, and is told 404 as on the platform', () => {
    const run = sessionWith(anywhere);
    expect(run('register type=lost category=luggage as lin')).toMatch(/give-up .*— lin$/m);
    expect(run('give-up text=x as he')).toContain('REFUSED dispatch/no-case: 404 on the platform: he does not see the ticket; it is with lost-desk, and the roles of he reach airport-police'); // prettier-ignore
  });
  it('is whoever works in the unit that has it, and whoever holds a role of the whole organisation', () => {
    const run = sessionWith(anywhere);
    expect(run('register type=lost category=documents as lin')).toMatch(/give-up .*— lin, he$/m);
    expect(run('give-up text=x as he')).toContain('closed');
  });
});

describe('the registration of a tried ticket', () => {
  const asking = (pack: PackFormat2): void => {
    const names = { 'zh-CN': '项', en: 'Item' };
    pack.intake.attributes = [
      { key: 'flight', names, type: 'text', pattern: '[A-Z]{2}[0-9]{3,4}' },
      { key: 'lostOn', names, type: 'date' },
    ];
    pack.intake.required = [{ field: 'attributes.flight', when: { 'class.type': 'lost', 'class.category': { not: 'documents' } } }];
  };
  it('asks for what is required of tickets like it', () => {
    const run = sessionWith(asking);
    expect(() => run('register type=lost category=luggage')).toThrow('flight is required at registration');
    expect(run('register type=lost category=documents')).toContain('Searching');
    expect(run('register type=lost category=luggage flight=CA123')).toContain('Searching');
  });
  it.each([
    ['lostOn=yesterday', 'lostOn must be a date such as 2026-03-02'],
    ['flight=x', 'flight must look like [A-Z]{2}[0-9]{3,4}'],
  ])('takes no wrong value: %s', (value, why) => {
    expect(() => sessionWith(asking)(`register type=lost category=documents ${value}`)).toThrow(why);
  });
});

describe('an action with the name of a command of the terminal', () => {
  const helping = (pack: PackFormat2): void => {
    const { urge } = pack.process.actions;
    if (urge) pack.process.actions['help'] = { ...urge, by: 'holder', form: 'message' };
  };
  it('is done when the line says who does it or with what; the word alone is the command', () => {
    const run = sessionWith(helping);
    run('register type=lost category=luggage as lin');
    expect(run('help text=x as lin')).toContain('(help) by lin');
    expect(run('help')).toContain('wait 4h');
  });
});

describe('a deputy of the sample directory', () => {
  it('does in a tried ticket what the other may do, while he is deputy', () => {
    const deputies = [{ deputy: 'he', of: 'lin', from: '2026-03-02T16:00:00.000Z', until: '2026-03-03T16:00:00.000Z' }];
    const session = new TrySession(example, { ...people, deputies }, new Speech('en'));
    const run = (line: string): string => session.run(line).join('\n');
    run('register type=lost category=luggage as lin');
    expect(run('match shelf=A1 as he')).toContain('REFUSED');
    run('wait 1d');
    expect(run('match shelf=A1 as he')).toContain('Waiting for its owner');
  });
});

describe('clocks of a tried ticket', () => {
  it('warn so many days before the end, at the same time of day', () => {
    const run = sessionWith(withClock({ limit: { days: 15 }, warnings: [{ key: 'three-days', before: { days: 3 } }] }));
    run('register type=lost');
    expect(run('wait 2026-03-15').split('\n')[0]).toBe('2026-03-14 09:00 clock Limit warns (three-days)');
  });
  it('are due after open hours, tell what is left, and warn and breach in order while time passes', () => {
    const run = sessionWith(
      withClock({
        warnings: [
          { key: 'half', ratio: 0.5 },
          { key: 'soon', before: { hours: 1 } },
        ],
      }),
    );
    expect(run('register type=lost')).toContain('clock hours (Limit): due 2026-03-03 11:00, in 1 day 2 h');
    const waited = run('wait 2026-03-04');
    expect(waited.split('\n').slice(0, 4)).toEqual([
      '2026-03-02 14:00 clock Limit warns (half)',
      '2026-03-03 10:00 clock Limit warns (soon)',
      '2026-03-03 11:00 clock Limit breaches',
      'It is 2026-03-04 00:00.',
    ]);
    expect(waited).toContain('clock hours (Limit): was due 2026-03-03 11:00, breached');
  });

  it('stand still while the customer is waited for, and are due later by what was left', () => {
    const run = sessionWith(withClock({ pause: ['dispatch.ticket-suspended'], resume: ['dispatch.ticket-resumed'] }));
    expect(run('register type=lost', 'wait 2h', 'match shelf=A1 as lin')).toContain('clock hours (Limit): paused');
    expect(run('wait 5d')).not.toContain('breach');
    // Saturday 11:00; two of the ten hours are used up.
    expect(run('claim as lin')).toContain('due 2026-03-09 17:00');
  });

  it('are kept when they stop in time, and not kept when they stop late', () => {
    const stop = withClock({ stop: ['dispatch.ticket-accepted'] });
    expect(sessionWith(stop)('register type=lost', 'match shelf=A1 as lin')).toContain('clock hours (Limit): kept');
    expect(sessionWith(stop)('register type=lost', 'wait 3d', 'match shelf=A1 as lin')).toContain('clock hours (Limit): not kept');
  });

  it('set off reactions at their instant', () => {
    const closed = sessionWith()('register type=lost category=electronics as lin', 'match shelf=A1 as lin', 'wait 91d');
    expect(closed).toContain(
      '2026-05-31 09:00 clock Time an item is kept breaches\n  told: dispatch.ticket-advanced { event.reaction: unclaimed }\n  told: dispatch.ticket-closed\n',
    );
    expect(closed).toContain('[Not found] not-found (closed)');
  });

  it('set off no reaction once the case has been reopened, unless it says late', () => {
    const reopening = (late: object) =>
      sessionWith((pack) => {
        withClock({ stop: [] })(pack);
        const by = { role: 'duty-manager', scope: 'any' as const };
        Object.assign(pack.process.actions, {
          end: { names: n('end'), on: 'searching', by, do: [{ go: 'not-found' }] },
          again: { names: n('again'), on: 'case', phase: 'closed', by, do: [{ go: 'searching', holder: { unit: 'lost-desk' } }] },
        });
        pack.process.reactions = { tired: { names: n('tired'), on: 'sla.clock-breached', do: [{ go: 'not-found' }], ...late } };
      })('register type=lost', 'end as zhou', 'again as zhou', 'wait 3d');
    expect(reopening({})).toContain('[Searching]');
    expect(reopening({ late: true })).toContain('[Not found]');
  });

  it('run no longer than the ticket: a new one begins without clocks of the one before', () => {
    const run = sessionWith();
    expect(run('register type=lost', 'match shelf=A1 as lin')).toContain('keeping');
    expect(run('register type=lost')).not.toContain('keeping');
  });

  it('count working days of the calendar, and the day on which they start', () => {
    expect(sessionWith(withClock({ limit: { workingDays: 2 } }))('register type=lost')).toContain('due 2026-03-05 00:00');
    expect(sessionWith(withClock({ limit: { today: true } }))('register type=lost')).toContain('due 2026-03-03 00:00');
  });
});

describe('the ticket of a recurring plan', () => {
  const planned = (pack: PackFormat2): void => {
    pack.intake.channels.push({ key: 'plan', names: n('plan') });
    const ticket = { type: 'lost', category: 'other', title: 'Count {date}', unit: 'airport', attributes: { flight: 'CA1' } };
    pack.intake.plans = [{ key: 'shelves', names: n('shelves'), every: 'week', on: 'mon', at: '09:00', ticket }];
    pack.process.start.unshift({
      when: { 'ticket.plan': 'shelves', 'ticket.unit': 'airport', 'attributes.flight': 'CA1' },
      go: 'answering',
      holder: { unit: 'lost-desk' },
    });
  };
  it('takes the way that the process has for it', () => {
    expect(sessionWith(planned)('register plan=shelves')).toContain('[To be answered]');
    expect(sessionWith(planned)('register type=lost category=other')).toContain('[Searching]');
  });
  it('is refused for a plan that is not there, and with values beside it', () => {
    expect(() => sessionWith(planned)('register plan=shelf')).toThrow('plan is one of shelves');
    expect(() => sessionWith(planned)('register plan=shelves type=lost')).toThrow('type is not asked for at registration; there are plan');
  });
});

describe('what a session answers', () => {
  it('registers in the name of people of the sample directory only', () => {
    expect(() => sessionWith()('register type=lost as nobody')).toThrow(
      'nobody is nobody of sample-directory.yaml; there are lin, zhou, he',
    );
  });
  it('lists the events that reactions hear when none hears the one that was told', () => {
    const run = sessionWith();
    run('register type=lost');
    expect(() => run('event intake.ticket-linked')).toThrow('no reaction hears intake.ticket-linked; they hear sla.clock-breached');
  });
  it('shows what is asked of another service', () => {
    const run = sessionWith((pack) => {
      pack.process.actions['urge']?.do.push({ extend: { clock: 'search', by: '3d' } });
    });
    expect(run('register type=lost as lin', 'urge as lin')).toContain('asks another service: extend { clock: search, by: 3d }');
  });
  it('counts working days of an extension from the day that the deadline ends', () => {
    const run = sessionWith((pack) => {
      withClock({ limit: { workingDays: 5 } })(pack);
      pack.process.actions['urge']?.do.push({ extend: { clock: 'hours', by: '5wd' } });
    });
    expect(run('register type=lost as lin')).toContain('due 2026-03-10 00:00');
    expect(run('urge as lin')).toContain('due 2026-03-17 00:00');
  });
  it('tells the event of each action by the facts that clocks and notices may ask for', () => {
    const run = sessionWith();
    run('register type=lost category=electronics as lin', 'match shelf=A1 valuable=true value=8000 as lin');
    expect(run('claim as lin')).toContain('told: dispatch.ticket-advanced { event.action: claim }\n');
    expect(run('approve as zhou')).toContain('told: dispatch.ticket-advanced { event.action: approve, event.says: approved }\n');
  });
  it('speaks Chinese when it is asked to', () => {
    const run = sessionWith(undefined, 'zh-CN');
    expect(run('register type=lost')).toMatch(/承办：单位 lost-desk\n.*时钟 search（查找时限）：到期 2026-03-09 09:00，还有 7天/);
    expect(run('give-up text=x as lin')).toBe('被拒绝 dispatch/guard：至少查找七天 (条件不成立：本环节已历时 ≥ 7天)');
  });
  it('refuses what it cannot read with what would be right', () => {
    const run = sessionWith();
    run('register type=lost');
    expect(() => run('wait tomorrow')).toThrow(/30min, 4h, 3d or 2wd/);
    expect(() => run('wait 2020-01-01')).toThrow(/a later instant/);
    expect(() => run('match shelf="A as lin')).toThrow(/quotes/);
    expect(run('match valuable=maybe as lin')).toMatch(/valuable must be true or false/);
  });

  it('shows type, category and priority, and checks a registration by intake.yaml', () => {
    const run = sessionWith((pack) => {
      pack.intake.required = ['contact.phone', 'attributes.flight'];
      pack.intake.attributes?.push({ key: 'belt', names: { 'zh-CN': '转盘', en: 'Belt' }, type: 'choice', choices: ['one', 'two'] });
    });
    expect(run('register type=lost category=luggage priority=high flight=CA1')).toMatch(/type lost, category luggage, priority high/);
    expect(() => run('register type=lost category=luggage')).toThrow('flight is required at registration');
    expect(() => run('register type=lost category=luggage flight=CA1 colour=red')).toThrow('colour is not asked for at registration');
    expect(() => run('register type=lost category=luggage flight=CA1 belt=three')).toThrow('belt is one of one, two');
    expect(() => run('register type=lost category=luggage flight=CA1 priority=urgent')).toThrow('priority is one of high, normal');
  });
  it('gives a clock more time when the process asks for it', () => {
    const run = sessionWith((pack) => {
      pack.process.actions['urge']?.do.push({ extend: { clock: 'search', by: '3d' } });
    });
    expect(run('register type=lost category=luggage')).toMatch(/search .*2026-03-09 09:00/);
    expect(run('urge as lin')).toMatch(/search .*2026-03-12 09:00/);
  });
});
