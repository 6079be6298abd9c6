import { DispatchService } from '../dispatch-service.js';
import { processPack, publish } from '../own-packs.js';

const KEY = 'p11-etc-two-level';
type Actions = Record<string, Record<string, unknown>>;

/** The complaints of a toll operator (P11) with more actions and reactions; its clock `resolve` can be extended. */
export async function startTollDesk(more: { actions: Actions; reactions: Actions }) {
  const { json } = processPack(KEY);
  const { process } = json;
  Object.assign(process.actions, more.actions);
  process.reactions = { ...process.reactions, ...more.reactions };
  const s = await DispatchService.start();
  await publish(s.service, json, { national: undefined, henan: undefined });
  return {
    s,
    ticket: () => s.ticket({ pack: { key: KEY, version: 1 }, type: 'complaint', category: 'fee', priority: 'ordinary' }),
    told: (ticketId: string, name: string) => s.service.emitted(ticketId).filter((e) => e.name === `dispatch.${name}`),
    /** Does an action as a supervisor. */
    does: async (ticketId: string, action: string): Promise<void> => {
      const { status, body } = await s.service.call('POST', `/v1/cases/${ticketId}/actions/${action}`, { as: { roles: ['supervisor'] } });
      if (status !== 200) throw new Error(`${action}: ${status} ${String(body['code'])}`);
    },
  };
}
export type TollDesk = Awaited<ReturnType<typeof startTollDesk>>;
