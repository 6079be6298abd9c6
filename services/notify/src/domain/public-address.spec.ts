import { describe, expect, it } from '@jest/globals';
import { isPublicAddress, urlMistake } from './public-address.js';

/** Every way to write an IPv4 address into an IPv6 one. */
const EMBEDDED: Record<string, (v4: readonly [number, number, number, number]) => string> = {
  compatible: (v4) => `::${v4.join('.')}`,
  'compatible in hex': (v4) => `::${hex(v4)}`,
  mapped: (v4) => `::ffff:${v4.join('.')}`,
  'mapped in hex': (v4) => `::ffff:${hex(v4)}`,
  translated: (v4) => `::ffff:0:${hex(v4)}`,
  NAT64: (v4) => `64:ff9b::${hex(v4)}`,
  'local NAT64': (v4) => `64:ff9b:1::${hex(v4)}`,
  '6to4': (v4) => `2002:${hex(v4)}::1`,
  Teredo: (v4) => `2001:0:4136:e378:8000:63bf:${hex([255 - v4[0], 255 - v4[1], 255 - v4[2], 255 - v4[3]])}`,
  ISATAP: (v4) => `2606:4700::5efe:${hex(v4)}`,
  'ISATAP with a global id': (v4) => `2606:4700::200:5efe:${hex(v4)}`,
};
function hex([a, b, c, d]: readonly [number, number, number, number]): string {
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

describe('urlMistake', () => {
  it.each([
    'http://example.org/', 'gopher://example.org/', 'https://localhost/', 'https://127.0.0.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/',
    'https://127.1/', 'https://127.0.0.1./', 'https://0x7f000001/', 'https://017700000001/', 'https://1２7.0.0.1/', 'https://127。0。0。1/',
    'https://10.1.2.3/', 'https://172.16.0.1/', 'https://192.168.1.1/', 'https://169.254.169.254/latest/meta-data', 'https://100.64.0.1/', 'https://0.0.0.0/',
    'https://[::1]/', 'https://[::]/', 'https://[fe80::1]/', 'https://[fec0::1]/', 'https://[fd00::1]/', 'https://[ff02::1]/', 'https://[3fff::1]/', 'https://[5f00::1]/',
    'https://[::127.0.0.1]/', 'https://example.org:5432/', 'https://user:pw@example.org/', 'https://db.internal/', 'https://db.internal./', 'https://postgres/',
    'not a url',
  ])('refuses %s', (url) => expect(urlMistake(url, false)).toBeDefined()); // prettier-ignore

  it.each(Object.keys(EMBEDDED))('refuses a private IPv4 address in an IPv6 address of the form %s', (form) => {
    for (const v4 of [[127, 0, 0, 1], [10, 1, 2, 3], [169, 254, 169, 254], [192, 168, 1, 1]] as const) {
      const address = EMBEDDED[form]?.(v4) ?? '';
      expect([address, urlMistake(`https://[${address}]/`, false)]).toEqual([address, 'must be a public address']);
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
    }
  }); // prettier-ignore

  it.each([
    'https://example.org/hook?x=1',
    'https://example.org:8443/',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]/',
    'https://[64:ff9b::5db8:d822]/',
  ])('accepts %s', (url) => expect(urlMistake(url, false)).toBeUndefined());

  it('accepts plain http to this machine only where private addresses are allowed', () => {
    expect(urlMistake('http://127.0.0.1:9000/', true)).toBeUndefined();
    expect(urlMistake('ftp://127.0.0.1/', true)).toBeDefined();
  });
});

describe('isPublicAddress', () => {
  it('refuses special addresses and text that is no address', () => {
    for (const address of [
      '::',
      '224.0.0.1',
      '255.255.255.255',
      '192.0.2.1',
      '198.18.0.1',
      '240.0.0.1',
      '2001:db8::1',
      'fe80::1%eth0',
      'nonsense',
    ])
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
  });

  it('accepts addresses of the public internet, also where a NAT64 network maps them', () => {
    for (const address of ['1.1.1.1', '2606:4700:4700::1111', '::ffff:1.1.1.1', '64:ff9b::101:101'])
      expect([address, isPublicAddress(address)]).toEqual([address, true]);
  });
});
