import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { samplePersonOf } from './people.js';

const example = fileURLToPath(new URL('../../../../docs/packs-howto/lost-property/', import.meta.url));

describe('a person of a sample directory', () => {
  it('has the roles of all memberships, and no units that would narrow them', () => {
    expect(samplePersonOf(example, 'lin')).toEqual({ id: 'lin', name: '林晓', org: 'demo', roles: ['handler', 'agent'] });
  });
  it('is named among the others when it is not there', () => {
    expect(() => samplePersonOf(example, 'wang')).toThrow(/has the id wang; known ids are lin, zhou, he$/);
    expect(() => samplePersonOf('/nowhere', 'lin')).toThrow(/is not a folder/);
  });
});
