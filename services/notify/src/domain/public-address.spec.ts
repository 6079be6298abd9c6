import { describe, expect, it } from '@jest/globals';
import { isPublicAddress, urlMistake } from './public-address.js';

describe('where a webhook may go', () => {
  it.each([
    'http://example.org/', 'gopher://example.org/', 'https://localhost/', 'https://127.0.0.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/',
    'https://10.1.2.3/', 'https://172.16.0.1/', 'https://192.168.1.1/', 'https://169.254.169.254/latest/meta-data', 'https://100.64.0.1/', 'https://0.0.0.0/',
    'https://[::1]/', 'https://[::ffff:10.0.0.1]/', 'https://[fe80::1]/', 'https://[fd00::1]/', 'https://[64:ff9b::7f00:1]/', 'https://[2002:7f00:1::]/',
    'https://example.org:5432/', 'https://user:pw@example.org/', 'https://db.internal/', 'https://postgres/', 'not a url',
  ])('refuses %s', (url) => expect(urlMistake(url, false)).toBeDefined()); // prettier-ignore

  it.each(['https://example.org/hook?x=1', 'https://example.org:8443/', 'https://93.184.216.34/', 'https://[2606:4700::1111]/'])(
    'takes %s',
    (url) => expect(urlMistake(url, false)).toBeUndefined(),
  );

  it('takes plain http to this machine only where that is allowed', () => {
    expect(urlMistake('http://127.0.0.1:9000/', true)).toBeUndefined();
    expect(urlMistake('ftp://127.0.0.1/', true)).toBeDefined();
  });

  it('knows special addresses however they are written', () => {
    for (const a of ['::ffff:127.0.0.1', '::', '224.0.0.1', '255.255.255.255', '192.0.2.1', '2001:db8::1', 'nonsense'])
      expect(isPublicAddress(a)).toBe(false);
    for (const a of ['1.1.1.1', '2606:4700:4700::1111']) expect(isPublicAddress(a)).toBe(true);
  });
});
