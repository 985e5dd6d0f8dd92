import { expect, test } from 'vitest';

test('node: tests run on the major version that pm is shipped for', () => {
  expect(process.versions.node.split('.')[0], 'run tests through npm or npx, not ./node_modules/.bin').toBe('24');
});
