import { defineConfig } from 'vitest/config';

/**
 * Tests run on the sources: workspace packages export `@pm-supervisor/source`, so nothing has to be built first
 * (the e2e cases start the built `pm` and say so when it is missing).
 */
const conditions = ['@pm-supervisor/source', 'module', 'node', 'development|production'];

const shared = {
  environment: 'node',
  pool: 'forks',
  unstubEnvs: true,
  restoreMocks: true,
} as const;

const endToEnd = {
  ...shared,
  include: ['e2e/**/*.test.ts'],
  globalSetup: ['./tools/e2e-setup.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'examples/**/*.test.ts'],
          testTimeout: 10_000,
          hookTimeout: 10_000,
        },
      },
      { extends: true, test: { ...endToEnd, name: 'e2e' } },
      // Everything again without the native helper: pm promises that it works, and says what it then cannot.
      { extends: true, test: { ...endToEnd, name: 'e2e-without-helper', env: { PM_NATIVE: 'off' } } },
    ],
  },
});
