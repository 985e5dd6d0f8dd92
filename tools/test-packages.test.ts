import { accessSync, constants } from 'node:fs';
import { expect, test } from 'vitest';
import { findProgram, testPackages, toMissingText } from './test-packages.ts';

test('missing programs: who may not install them is told every name and the command', () => {
  const text = toMissingText([testPackages.nginx, testPackages.phpFpm]);
  expect(text).toContain('nginx (package nginx): the web server');
  expect(text).toContain('apt-get install --no-install-recommends nginx php-fpm');
});

test('missing programs: one that is there is found as a path that can be run', () => {
  expect(() => accessSync(findProgram('perl'), constants.X_OK)).not.toThrow();
});
