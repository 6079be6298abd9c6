import preset from '../../jest.preset.mjs';
// One real product for the packs that pass whole.
export default {
  ...preset,
  displayName: 'scenarios',
  testMatch: ['<rootDir>/dist/**/*.e2e-spec.js'],
  testTimeout: 600_000,
};
