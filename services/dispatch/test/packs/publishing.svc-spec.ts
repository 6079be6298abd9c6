import { fileURLToPath } from 'node:url';
import { readPackFolder } from '@gongdan/packs/files';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DispatchService } from '../dispatch-service.js';

const org = 'airport';
const admin = { id: 'root', org, roles: ['admin'] };
const { json } = readPackFolder(fileURLToPath(new URL('../../../../../docs/packs-howto/lost-property/', import.meta.url)));

describe('what the answer to a published pack warns of', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());
  const publish = (as: object = admin) => s.service.call('PUT', '/v1/packs/lost-property', { as, body: json });
  const put = async (path: string, body: object): Promise<void> => {
    const answer = await s.service.call('PUT', `/v1/directory/${path}`, { as: admin, body });
    expect([path, answer.status]).toEqual([path, 201]);
  };

  it('names the roles that nobody holds and the units that nobody has, until the directory has them', async () => {
    const first = await publish();
    expect(first.status).toBe(201);
    expect(first.body['missing']).toEqual({
      roles: [{ key: 'duty-manager', pointer: '/process/start/0' }],
      units: [
        { key: 'lost-desk', pointer: '/process/start/0' },
        { key: 'airport-police', pointer: '/routing/tables/desks/rules/0' },
      ],
    });
    const names = { 'zh-CN': '单位', en: 'Unit' };
    for (const unit of ['lost-desk', 'airport-police']) await put(`units/${unit}`, { names });
    await put('people/zhou', { name: '周' });
    await put('memberships/zhou?unit=lost-desk', { roles: ['duty-manager'] });
    const again = await publish();
    expect(again).toMatchObject({ status: 200, body: { missing: { roles: [], units: [] } } });
  });

  it('a member of the directory with the role pack-author publishes', async () => {
    await put('people/bian', { name: '边' });
    await put('memberships/bian', { roles: ['pack-author'] });
    expect((await publish({ id: 'bian', org, roles: [], units: [] })).status).toBe(200);
  });

  it('a broken pack is refused whole, and the version before stays in force and takes new tickets', async () => {
    const broken = structuredClone(json) as { pack: { version: number }; process: { start: object[] }; routing: object };
    broken.pack.version = 2;
    broken.process.start.push({ go: 'nowhere' });
    const answer = await s.service.call('PUT', '/v1/packs/lost-property', { as: admin, body: broken });
    expect(answer.body).toMatchObject({ status: 400, code: 'packs/invalid' });
    expect((await s.service.call('GET', '/v1/packs', { as: admin })).body['items']).toMatchObject([{ key: 'lost-property', version: 1 }]);
    const ticket = await s.ticket({ pack: { key: 'lost-property', version: 1 }, type: 'lost', category: 'documents' }, org);
    expect((await s.see(ticket, { id: 'root', org, roles: ['admin'] })).body).toMatchObject({ step: 'searching', unit: 'airport-police' });
  });
});
