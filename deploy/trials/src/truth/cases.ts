import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, PROJECT } from 'gongdan';
import { must, type Trial, within } from '../trial.js';
import { ask, create, Findings, fresh, somebody } from './desk.js';

/** The starter pack with changes to its process, of an organisation of its own. */
async function publish(client: Client, org: string, change: (pack: Record<string, Record<string, unknown>>) => void): Promise<void> {
  const folder = join(PROJECT, 'libs/packs/starter');
  const pack = Object.fromEntries(
    readdirSync(folder)
      .filter((f) => f.endsWith('.json'))
      .map((f) => [f.slice(0, -5), JSON.parse(readFileSync(join(folder, f), 'utf8')) as Record<string, unknown>]),
  );
  change(pack);
  const answer = await client.call('dispatch', 'PUT', '/v1/packs/starter', { as: somebody(org), body: pack });
  must(answer.status < 300, `the pack is refused: ${answer.text.slice(0, 400)}`);
  await within(
    30_000,
    `intake has not received the pack of ${org}`,
    async () =>
      (await ask(client, 'intake', 'POST', '/v1/tickets', { as: somebody(org), body: { type: '?', category: '?', title: '?' } })).body[
        'code'
      ] !== 'intake/no-pack',
  );
}

type Actions = Record<string, Record<string, unknown>>;
const actionsOf = (pack: Record<string, Record<string, unknown>>): Actions => pack['process']?.['actions'] as Actions;

/** Fault 16. */
export const caseContracts: Trial = {
  name: 'case-contracts',
  claim:
    'A correction raises the ETag, the manual route and an action of that name count apart, `within` decides what is offered, and the public status shows no internal word.',
  async run({ client }) {
    const found = new Findings();

    const { id } = await create(client);
    const read = () => ask(client, 'intake', 'GET', `/v1/tickets/${id}`, { as: somebody() });
    for (const change of [
      { title: '改一' },
      { priority: 'urgent' },
      { description: '改三' },
      { place: { area: '东' } },
      { contact: { phone: '13900001234' } },
      { category: 'network.slow' },
    ]) {
      const before = (await read()).headers.get('etag');
      const amended = await ask(client, 'intake', 'PATCH', `/v1/tickets/${id}`, { as: somebody(), body: change });
      const after = (await read()).headers.get('etag');
      found.check(amended.status === 409 || before !== after, `the correction ${JSON.stringify(change)} leaves the ETag ${before}`);
      if (amended.status !== 200) continue;
      const stale = await ask(client, 'intake', 'PATCH', `/v1/tickets/${id}`, {
        as: somebody(),
        body: change,
        headers: { 'if-match': before ?? '' },
      });
      found.check(stale.status === 409 || stale.status === 412, `a correction of the old version ${before} is answered ${stale.status}`);
    }
    const caseEtag = async (): Promise<string> =>
      (await ask(client, 'dispatch', 'GET', `/v1/cases/${id}`, { as: somebody() })).headers.get('etag') ?? '';
    await within(20_000, 'the case has no ETag', async () => (await caseEtag()) !== '');
    const open = await create(client);
    const versionOf = async () => (await ask(client, 'dispatch', 'GET', `/v1/cases/${open.id}`, { as: somebody() })).headers.get('etag');
    await within(20_000, 'the case has not come', async () => (await versionOf()) !== null);
    const was = await versionOf();
    const amended = await ask(client, 'intake', 'PATCH', `/v1/tickets/${open.id}`, {
      as: somebody(),
      body: { title: '改过', priority: 'urgent' },
    });
    if (amended.status === 200) {
      await within(
        20_000,
        'a correction of title and priority does not raise the ETag of the case',
        async () => (await versionOf()) !== was,
      );
      const late = await ask(client, 'dispatch', 'POST', `/v1/cases/${open.id}/actions/accept`, {
        as: 'li',
        body: {},
        headers: { 'if-match': was ?? '' },
      });
      found.check(late.status === 409, `an action on the case before the correction is answered ${late.status}`);
    }

    // The pack has an action named route, once only, and no rule that names a unit.
    const org = fresh('route');
    await publish(client, org, (pack) => {
      (pack['routing'] as Record<string, unknown>)['rules'] = [];
      delete (pack['routing'] as Record<string, unknown>)['fallback'];
      actionsOf(pack)['route'] = {
        names: { 'zh-CN': '改派', en: 'Route again' },
        kind: 'transfer',
        from: ['waiting', 'handling'],
        to: 'waiting',
        by: ['holder', 'supervisor'],
        needs: ['toUnit', 'reason'],
        limit: 1,
      };
    });
    const admin = (): ReturnType<typeof somebody> => ({ ...somebody(org, ['admin', 'supervisor']), units: ['network'] });
    const one = await create(client, {}, { as: somebody(org) });
    const theCase = () => ask<{ state: string; actions: string[] }>(client, 'dispatch', 'GET', `/v1/cases/${one.id}`, { as: admin() });
    await within(20_000, 'the ticket is not unroutable', async () => (await theCase()).body.state === 'unroutable');
    const shown = await ask(client, 'intake', 'GET', `/v1/public/${org}/tickets/${one.number}?tail=5678`);
    found.check(shown.body['state'] === 'received', `the public status shows ${String(shown.body['state'])} for an unroutable ticket`);
    const bare = await ask(client, 'intake', 'GET', `/v1/public/${org}/tickets/${one.number}`);
    found.check(bare.status === 404, `a number without a tail is answered ${bare.status}`);
    const routed = await ask(client, 'dispatch', 'POST', `/v1/cases/${one.id}/route`, { as: admin(), body: { unit: 'network' } });
    found.check(routed.status === 200, `the manual route is answered ${routed.status} ${routed.text.slice(0, 200)}`);
    const act = (action: string, body: object) =>
      ask(client, 'dispatch', 'POST', `/v1/cases/${one.id}/actions/${action}`, { as: admin(), body });
    const first = await act('route', { toUnit: 'billing', reason: 'x' });
    found.check(
      first.status === 200,
      `after a manual route the action of that name is answered ${first.status} ${first.text.slice(0, 200)}`,
    );
    const second = await act('route', { toUnit: 'network', reason: 'x' });
    found.check(
      second.body['code'] === 'dispatch/limit-reached',
      `the action beyond its limit is answered ${second.status} ${String(second.body['code'])}`,
    );
    found.check(!(await theCase()).body.actions.includes('route'), 'an action beyond its limit is offered');

    // What is offered can be done, and what is not offered is refused, in every step of the case.
    const steps: [string, object][] = [
      ['accept', {}],
      ['reply', { text: 'x' }],
      ['resolve', { solution: 'x' }],
      ['close', {}],
    ];
    const two = await create(client);
    const person = { id: 'li', name: '李强', roles: ['admin', 'supervisor', 'handler', 'agent'], units: ['network'] };
    const fields: Record<string, object> = {
      transfer: { toUnit: 'billing', reason: 'x' },
      'hand-over': { toPerson: 'liu', reason: 'x' },
      return: { reason: 'x' },
      suspend: { reasonClass: 'customer', reason: 'x' },
      reopen: { reason: 'x' },
      cancel: { reason: 'x' },
      ...Object.fromEntries(steps),
    };
    await within(
      20_000,
      'the case is not in the queue',
      async () => (await ask(client, 'dispatch', 'GET', `/v1/cases/${two.id}`, { as: person })).body['state'] === 'dispatched',
    );
    for (const [action, body] of steps) {
      const { actions } = (await ask<{ actions: string[] }>(client, 'dispatch', 'GET', `/v1/cases/${two.id}`, { as: person })).body;
      for (const other of Object.keys(fields).filter((a) => !actions.includes(a))) {
        const refused = await ask(client, 'dispatch', 'POST', `/v1/cases/${two.id}/actions/${other}`, {
          as: person,
          body: fields[other] ?? {},
        });
        found.check(refused.status >= 400, `before ${action} the action ${other} is not offered and can be done`);
      }
      found.check(actions.includes(action), `the action ${action} is not offered and is needed`);
      const done = await ask(client, 'dispatch', 'POST', `/v1/cases/${two.id}/actions/${action}`, { as: person, body });
      found.check(done.status === 200, `the action ${action} is offered and answered ${done.status} ${done.text.slice(0, 120)}`);
    }
    const closed = () => ask<{ actions: string[] }>(client, 'dispatch', 'GET', `/v1/cases/${two.id}`, { as: person });
    found.check((await closed()).body.actions.includes('reopen'), 'a case closed a moment ago cannot be reopened');
    return found.end('checks');
  },
};
