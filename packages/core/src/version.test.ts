import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { coreVersion } from './version.ts';

test.each(['core', 'cli', 'native'])('the version in the code is that of the package %s', (name) => {
  const manifest: unknown = JSON.parse(readFileSync(new URL(`../../${name}/package.json`, import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({ version: coreVersion });
});
