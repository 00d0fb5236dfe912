const { availableParallelism } = require('node:os');

/** Packages that are ES modules only, or load Node's own by `import()`, which Jest's own loader cannot do. */
const ES_MODULES =
  'hyparquet|hyparquet-writer|hyparquet-compressors|hysnappy|fzstd|@opentelemetry/otlp-exporter-base';

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testSequencer: '<rootDir>/test/whole-runs-first.cjs',
  moduleNameMapper: {
    '^\\.\\./locales/index\\.cjs$': '<rootDir>/test/no-locales-of-zod.cjs',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
    [`/node_modules/(?:${ES_MODULES})/.+\\.js$`]: [
      '@swc/jest',
      { jsc: { parser: { syntax: 'ecmascript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${ES_MODULES})/)`],
  // Jest leaves a core to itself unless told, which on two cores runs one file after the other. The longest files wait much
  // of their time for processes of their own, so one more than there are cores keeps those busy.
  maxWorkers: Math.max(availableParallelism() + 1, 3),
  testTimeout: 60_000,
};
