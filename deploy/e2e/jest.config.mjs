import preset from '../../jest.preset.mjs';
// One real stack for all files: five services, Kafka, Postgres, Redis, mail. The fault run makes its own.
export default {
  ...preset,
  displayName: 'e2e',
  globalSetup: './dist/setup.js',
  globalTeardown: './dist/teardown.js',
  testTimeout: 420_000,
};
