import { existsSync, readdirSync } from 'node:fs';

// Everything but e2e, which brings a whole stack of its own.
const projects = ['libs', 'services', 'deploy']
  .flatMap((base) => readdirSync(base).map((name) => `${base}/${name}`))
  .filter((p) => existsSync(`${p}/jest.config.mjs`) && p !== 'deploy/e2e');

export default { projects: projects.map((p) => `<rootDir>/${p}`), workerIdleMemoryLimit: '600MB', testTimeout: 120_000 };
