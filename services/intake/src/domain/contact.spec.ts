import { describe, expect, it } from '@jest/globals';
import { contactMistake, maskedContact, normalisedContact } from './contact.js';

const accepted = (field: 'name' | 'phone' | 'email', given: string): string | undefined => {
  const value = normalisedContact(field, given);
  return contactMistake(field, value) === undefined ? value : undefined;
};

describe('a contact', () => {
  it.each([
    ['13800001234', '13800001234'],
    ['+86 138-0000-1234', '+86 138-0000-1234'],
    ['(010) 6552 9988', '(010) 6552 9988'],
    ['12345', '12345'],
    ['１３８００００１２３４', '13800001234'],
    ['＋８６（０１０）６５５２－９９８８', '+86(010)6552-9988'],
    ['138–0000—1234', '138-0000-1234'],
    ['\u00a0138\u30000000\u20021234 ', '138 0000 1234'],
  ])('has the phone %j as %j', (given, stored) => {
    expect(accepted('phone', given)).toBe(stored);
  });

  it.each([
    '13800001234.0', '1.38E+10', '1.38e10', '无', '----', '()()', '+', '', '123', '(1)-2-3', 'call 13800001234', '13800001234 li',
    '13800001234\n13900001234', '13800001234/13900001234', 'li@example.org', '١٣٨٠٠٠٠١٢٣٤', '0x1F40', '1 ((((((234', '1'.repeat(41),
  ])('has no phone %j', (given) => {
    expect(accepted('phone', given)).toBeUndefined();
  }); // prettier-ignore

  it.each([
    'a&b@example.org', 'user/dept@example.org', 'x=y@example.org', "o'neil@example.org", 'li+tag@example.co.uk', 'li.lei@xn--fsqu00a.xn--0zwm56d',
    'a{b}|c~d@example.org', '!#$%*?^`_@example.org', `${'m'.repeat(64)}@example.org`,
  ])('has the e-mail %j', (given) => {
    expect(accepted('email', given)).toBe(given);
  }); // prettier-ignore

  it.each([
    '13800001234', 'li', 'li@', '@example.org', 'li@example', 'li@@example.org', '.li@example.org', 'li.@example.org', 'li..lei@example.org',
    'li@example..org', 'li@-example.org', 'li@example-.org', 'li@127.0.0.1', 'li@[127.0.0.1]', '"li lei"@example.org', 'li lei@example.org',
    'Li <li@example.org>', 'li@example.org, lei@example.org', '张三@example.org', 'li@例子.公司', `${'m'.repeat(65)}@example.org`, `li@${'d.'.repeat(100)}org`,
  ])('has no e-mail %j', (given) => {
    expect(accepted('email', given)).toBeUndefined();
  }); // prettier-ignore

  it('reads an e-mail address of full-width characters as the plain one', () => {
    expect(accepted('email', ' ｌｉ＠ｅｘａｍｐｌｅ．ｏｒｇ ')).toBe('li@example.org');
  });

  it.each([
    ['an ordinary one', { name: '李雷', phone: '13800135678', email: 'li@example.org' }, { name: '李*', phone: '138****5678', email: 'l***@example.org' }],
    ['blanks and a country code', { phone: '+86 138-0013-5678' }, { phone: '+86****5678' }],
    ['a landline', { phone: '6552 9988' }, { phone: '****88' }],
    ['a short number', { phone: '12345' }, { phone: '****' }],
    ['more signs than digits', { phone: '((((((((1234' }, { phone: '****' }],
    ['digits wide apart', { phone: '(-)1(-)2(-)3(-)4' }, { phone: '****' }],
    ['one letter before the at sign', { email: 'a@example.org' }, { email: '***@example.org' }],
    ['a phone number for an e-mail', { email: '13800135678' }, { email: '***' }],
    ['a name for an e-mail', { email: '李雷' }, { email: '***' }],
    ['a name for a phone number', { phone: '李雷' }, { phone: '****' }],
    ['a phone number for a name', { name: '13800135678' }, { name: '*' }],
    ['an e-mail and more', { email: 'li@example.org 13800135678' }, { email: '***' }],
    ['a rare character', { name: '𠮷野' }, { name: '𠮷*' }],
  ])('shows nothing but what it recognises: %s', (_, given, shown) => {
    expect(maskedContact(given)).toEqual(shown);
  }); // prettier-ignore
});
