import { fileURLToPath } from 'node:url';
import { readPackFolder } from '@gongdan/packs/files';

/** A pack whose only clock, of a day, goes on when the case is closed, and does not begin again when it is opened again. */
export function slowClockPack(): object {
  const { json } = readPackFolder(fileURLToPath(new URL('../../../libs/packs/processes/p11-etc-two-level', import.meta.url)));
  const pack = structuredClone(json) as Record<'pack' | 'process' | 'sla', Record<string, object>>;
  const names = (text: string) => ({ names: { 'zh-CN': text, en: text } });
  const by = { role: 'supervisor', scope: 'any' };
  Object.assign(pack.pack, { key: 'slow-clock' });
  Object.assign(pack.process, { start: [{ go: 'queued', holder: { unit: 'network' } }] });
  Object.assign(pack.process['actions'] ?? {}, {
    'end-it': { ...names('end'), on: 'queued', by, do: [{ go: 'closed' }] },
    'once-more': { ...names('again'), on: 'case', phase: 'closed', by, do: [{ go: 'queued', holder: { unit: 'network' } }] },
  });
  const breach = { ...names('late'), on: 'sla.clock-breached', limit: { times: 1, per: 'run' } };
  pack.process['reactions'] = {
    usual: { ...breach, do: [{ set: { usual: true } }] },
    late: { ...breach, late: true, do: [{ set: { late: true } }] },
  };
  const stop = [{ on: 'dispatch.ticket-closed', when: { 'event.reason': 'the clock, too' } }];
  pack.sla['clocks'] = [
    {
      key: 'slow',
      ...names('slow'),
      limit: { hours: 24 },
      start: [{ on: 'dispatch.ticket-dispatched', when: { 'event.why': 'routed' } }],
      stop,
      cancel: ['dispatch.ticket-cancelled'],
      warnings: [],
    },
  ];
  Object.assign(pack, { scenarios: undefined, notify: { rules: [], templates: {} } });
  return pack;
}
