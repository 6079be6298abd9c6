// Tests run on the compiled output: the same bytes as production, no transformer (docs/adr/0006).
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/dist/**/*.(spec|svc-spec|e2e-spec).js'],
  transform: {},
};
