import preset from '../../jest.preset.mjs';
// The rules of the runner. What plays packs through the product has a configuration of its own.
export default { ...preset, displayName: 'scenarios', testPathIgnorePatterns: ['\\.e2e-spec\\.js$'] };
