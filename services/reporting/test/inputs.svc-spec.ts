import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestService } from '@gongdan/messaging/testing';
import { reporting } from '../src/reporting.module.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start(reporting);
});
afterAll(() => service.close());

const statusOf = async (path: string) => (await service.call('GET', path)).status;

it.each(['constructor', 'toString', 'valueOf', '__proto__', 'hasOwnProperty', 'attribute.'])('refuses by=%s in statistics', async (by) =>
  expect(await statusOf(`/v1/stats?by=${by}`)).toBe(400),
);

it.each(['stats', 'search'])('takes an instant with any offset as a filter of %s', async (list) =>
  expect(await statusOf(`/v1/${list}?from=${encodeURIComponent('2026-03-02T09:00:00+23:59')}`)).toBe(200),
);

it.each(['Asia/Kolkata', 'PRC', 'UTC', 'Etc/GMT+8'])('counts days in the zone %s', async (zone) =>
  expect(await statusOf(`/v1/stats?by=day&zone=${encodeURIComponent(zone)}`)).toBe(200),
);

it.each(['+08:00', 'Mars/Olympus', 'constructor', 'CST', 'ist', 'SystemV/PST8'])('refuses the zone %s', async (zone) =>
  expect(await statusOf(`/v1/stats?by=day&zone=${encodeURIComponent(zone)}`)).toBe(400),
);
