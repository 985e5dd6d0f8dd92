import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
let folder: string;

/** Each source with the rule that must refuse it; `undefined` for one that must pass. */
const cases: readonly (readonly [path: string, source: string, rule: string | undefined])[] = [
  ['packages/core/src/unit/tapable.ts', `export { SyncHook } from 'tapable';`, 'no-restricted-imports'],
  ['packages/core/src/hooks/tapable.ts', `export { SyncHook } from 'tapable';`, undefined],
  ['packages/core/src/plan/hooks.ts', `export { hooks } from '../hooks/hooks.ts';`, 'no-restricted-imports'],
  ['packages/core/src/config/plugin.ts', `export type { Pm } from '../plugin/plugin.ts';`, 'no-restricted-imports'],
  ['packages/core/src/joiner.ts', `export { hooks } from './hooks/hooks.ts';`, undefined],
  ['packages/core/src/log/spawn.ts', `export { spawn } from 'node:child_process';`, 'no-restricted-imports'],
  ['packages/core/src/log/lazy.ts', `export const a = () => import('node:child_process');`, 'no-restricted-imports'],
  ['packages/core/src/os/spawn.ts', `export { spawn } from 'node:child_process';`, undefined],
  ['packages/core/src/plan/env.ts', `export const a = process.env;`, 'no-restricted-globals'],
  ['packages/core/src/plan/global.ts', `export const a = globalThis.process;`, 'no-restricted-properties'],
  ['packages/core/src/plan/module.ts', `export { env } from 'node:process';`, 'no-restricted-imports'],
  ['packages/core/src/os/env.ts', `export const a = process.env;`, undefined],
  ['packages/core/src/unit/now.ts', `export const a = Date.now();`, 'no-restricted-properties'],
  ['packages/core/src/unit/taken.ts', `export const { now } = Date;`, 'no-restricted-properties'],
  ['packages/core/src/os/timer.ts', `export const a = setTimeout(String, 1);`, 'no-restricted-globals'],
  ['packages/core/src/unit/timers.ts', `export { setTimeout } from 'node:timers/promises';`, 'no-restricted-imports'],
  ['packages/core/src/os/clock.ts', `export const a = setTimeout(String, Date.now());`, undefined],
  ['packages/core/src/event/cli.ts', `export { x } from '@pm-supervisor/client';`, 'no-restricted-imports'],
  ['packages/core/src/event/native.ts', `export { loadSys } from '@pm-supervisor/native';`, undefined],
  ['packages/native/src/up.ts', `export { PmError } from '@pm-supervisor/core';`, 'no-restricted-imports'],
  ['packages/plugin-cron/src/peer.ts', `export { x } from '@pm-supervisor/plugin-metrics';`, 'no-restricted-imports'],
  ['packages/plugin-cron/src/core.ts', `export { PmError } from '@pm-supervisor/core';`, undefined],
  ['packages/core/src/event/ring-a.ts', `export { b } from './ring-b.ts'; export const a = 1;`, 'no-cycle'],
  ['packages/core/src/event/ring-b.ts', `export { a } from './ring-a.ts'; export const b = 1;`, 'no-cycle'],
  ['packages/core/src/event/any.ts', `export const a: any = 1;`, 'no-explicit-any'],
  ['packages/core/src/event/default.ts', `export default 1;`, 'no-default-export'],
  ['packages/core/src/event/CamelCase.ts', `export const a = 1;`, 'filename-case'],
  ['packages/core/src/event/float.ts', `export const a = () => { Promise.resolve(1); };`, 'no-floating-promises'],
  [
    'packages/core/src/event/long.ts',
    `export function a() {\n${'  String(1);\n'.repeat(61)}}`,
    'max-lines-per-function',
  ],
  ['packages/core/src/event/huge.ts', `export const a = [\n${'  1,\n'.repeat(300)}];`, 'max-lines'],
  ['packages/core/src/event/huge.test.ts', `export const a = [\n${'  1,\n'.repeat(300)}];`, undefined],
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-boundaries-'));
  for (const name of ['oxlint.config.ts', 'tsconfig.base.json', 'package.json'])
    cpSync(join(root, name), join(folder, name));
  cpSync(join(root, 'tools/boundaries.ts'), join(folder, 'tools/boundaries.ts'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "./tsconfig.base.json", "include": ["packages"] }');
  for (const [path, source] of cases) writeSource(path, source);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeSource(path: string, source: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), `${source}\n`);
}

test('boundaries: each forbidden source is refused by its rule, and each allowed one passes', () => {
  const found = lint();
  const shown = cases.map(([path]) => [path, found.filter((problem) => problem.path === path).map(({ rule }) => rule)]);
  expect(shown).toEqual(cases.map(([path, , rule]) => [path, rule === undefined ? [] : [rule]]));
});

function lint(): { path: string; rule: string }[] {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const run = spawnSync(process.execPath, [oxlint, '-f', 'json', 'packages'], { cwd: folder, encoding: 'utf8' });
  const report = JSON.parse(run.stdout) as { diagnostics: { filename: string; code: string }[] };
  return report.diagnostics.map(({ filename, code }) => ({ path: filename, rule: code.replace(/^.*\((.*)\)$/, '$1') }));
}
