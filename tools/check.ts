import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkReport, type CheckResult } from './tally.ts';
import { readText, root } from './workspace.ts';

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const tool = (file: string, ...args: string[]): Check['command'] => [
  process.execPath,
  '--conditions=@pm-supervisor/source',
  join('tools', file),
  ...args,
];

/** Everything that is judged without running a test, in the order of how soon a finding helps. */
const checks: readonly Check[] = [
  { name: 'types of packages and build', command: ['npm', 'run', '--silent', 'build'] },
  { name: 'types of tests and tools', command: ['tsc', '-p', 'tsconfig.tests.json'] },
  { name: 'lint and import rules', command: ['oxlint'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'unused code', command: ['knip'] },
  { name: 'lock file', command: ['npm', 'ci', '--dry-run', '--ignore-scripts', '--no-audit', '--loglevel=error'] },
  { name: 'generated pages and snippets', command: tool('docs.ts', '--check') },
  { name: 'docstrings of public names', command: tool('docstrings.ts') },
  { name: 'links in pages', command: tool('links.ts') },
  { name: 'code in pages', command: tool('fences.ts') },
  { name: 'behaviour contract', command: tool('behaviour.ts') },
  ...listPublished().map((folder): Check => ({ name: `package ${folder}`, command: ['publint', '--strict', folder] })),
];

function listPublished(): string[] {
  const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
  return folders.filter((folder) => !(JSON.parse(readText(`${folder}/package.json`)) as { private?: boolean }).private);
}

/** Runs every check, also after one failed: a reader wants the whole list. Prints what failed, at length. */
function runChecks(): number {
  const results = checks.map(runCheck);
  mkdirSync(join(root, 'tmp'), { recursive: true });
  writeFileSync(join(root, checkReport), `${JSON.stringify(results, undefined, 2)}\n`);
  return results.every(({ passed }) => passed) ? 0 : 1;
}

function runCheck({ name, command }: Check): CheckResult {
  const [program, ...args] = command;
  const started = performance.now();
  const ended = spawnSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const passed = ended.status === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (!passed) console.log(`${ended.stdout ?? ''}${ended.stderr ?? ''}${ended.error?.message ?? ''}`.trim());
  return { name, passed };
}

process.exitCode = runChecks();
