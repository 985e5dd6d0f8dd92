import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../errors.ts';
import { systemClock } from './clock.ts';
import { createModuleEvaluator } from './evaluate-module.ts';
import type { ModuleEvaluatorOptions } from './evaluate-module.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm evaluate-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function evaluate(name: string, code: string, options: Partial<ModuleEvaluatorOptions> = {}): Promise<unknown> {
  const path = join(folder, name);
  writeFileSync(path, code);
  return createModuleEvaluator({ clock: systemClock, env: { PATH: process.env['PATH'] }, ...options })(path);
}

async function refusal(code: string, options?: Partial<ModuleEvaluatorOptions>): Promise<string> {
  const error: unknown = await evaluate('pm.config.mjs', code, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  const [{ message, position, hint } = { message: '', position: undefined, hint: undefined }] = (error as ConfigError)
    .diagnostics;
  return [
    position === undefined ? '' : `${position.line}:${position.column} `,
    message,
    hint === undefined ? '' : ` | ${hint}`,
  ].join('');
}

describe('evaluating a module', () => {
  test.each([
    ['pm.config.mjs', 'export default { a: [1, "x", null] };'],
    ['pm.config.ts', 'interface A { a: unknown[] }\nconst value: A = { a: [1, "x", null] };\nexport default value;'],
    ['pm.config.cjs', 'module.exports = { a: [1, "x", null] };'],
    ['pm.config.js', 'export default async () => ({ a: [1, "x", null] });'],
  ])('%s gives plain data', async (name, code) => {
    expect(await evaluate(name, code)).toEqual({ a: [1, 'x', null] });
  });

  test('every evaluation reads the file again, and sees the given environment', async () => {
    const code = (n: number): string => `export default { n: ${n}, home: process.env.HOME ?? 'none' };`;
    expect(await evaluate('a.mjs', code(1))).toEqual({ n: 1, home: 'none' });
    expect(await evaluate('a.mjs', code(2), { env: { HOME: '/x' } })).toEqual({ n: 2, home: '/x' });
  });

  test('what it prints is no part of the answer, and not lost', async () => {
    const onOutput = vi.fn();
    expect(await evaluate('a.mjs', 'console.log("hi"); export default {};', { onOutput })).toEqual({});
    expect(onOutput).toHaveBeenCalledWith('hi\n');
  });

  test('timers and servers that it leaves do not keep it', async () => {
    const code =
      'import { createServer } from "node:net"; createServer().listen(0); setInterval(() => {}, 1000); export default { ok: true };';
    expect(await evaluate('a.mjs', code)).toEqual({ ok: true });
  });

  test.each([
    [
      'export default { processes: { web: { command: () => 1 } } };',
      'processes.web.command is a function | A configuration is plain data: text, numbers, booleans, lists and maps.',
    ],
    [
      'export default { a: [new Date()] };',
      'a[0] is a Date | A configuration is plain data: text, numbers, booleans, lists and maps.',
    ],
    [
      'export default { a: NaN };',
      'a is NaN | A configuration is plain data: text, numbers, booleans, lists and maps.',
    ],
    [
      'export default { a: 5n };',
      'a is a bigint | A configuration is plain data: text, numbers, booleans, lists and maps.',
    ],
    [
      'const a = {}; a.a = a; export default a;',
      'a is part of itself | A configuration is plain data: text, numbers, booleans, lists and maps.',
    ],
    [
      'export const config = {};',
      'has no default export | Write "export default { processes: { … } }" or "export default defineConfig({ … })".',
    ],
    ['\nthrow new Error("no database");', '2:7 Error: no database'],
    ['export default {\n  a: b,\n};', '2:6 ReferenceError: b is not defined'],
    ['export default {\n  a: ][,\n};', "2:6 SyntaxError: Unexpected token ']'"],
    ['import "not-there"; export default {};', /Cannot find package 'not-there'/],
    ['await Promise.reject("text");', 'threw text'],
    [
      'process.exit(3);',
      'ended (exit code 3) before it exported anything | A configuration must not call process.exit().',
    ],
    [
      'console.error("bad luck"); process.kill(process.pid, "SIGKILL");',
      'ended (SIGKILL) before it exported anything: bad luck | A configuration must not call process.exit().',
    ],
  ])('%j is refused with a reason', async (code, expected) => {
    const problem = await refusal(code);
    if (typeof expected === 'string') expect(problem).toBe(expected);
    else expect(problem).toMatch(expected);
  });

  test('syntax that cannot be stripped from TypeScript is refused at its place', async () => {
    const error: unknown = await evaluate('pm.config.ts', '\nenum A { B }\nexport default { a: A.B };').catch(
      (reason: unknown) => reason,
    );
    expect((error as ConfigError).diagnostics).toMatchObject([
      { message: expect.stringContaining('enum is not supported') as string, position: { line: 2, column: 1 } },
    ]);
  });

  test('one that never ends is killed, with all that it started', async () => {
    const pidFile = join(folder, 'pid');
    const code = `
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      writeFileSync(${JSON.stringify(pidFile)}, String(spawn('sleep', ['1000']).pid));
      await new Promise((resolve) => setTimeout(resolve, 1e6));
      export default {};`;
    expect(await refusal(code, { timeLimitMs: 1500 })).toBe(
      'did not finish within 1.5 s | A configuration exports data: it starts no server and waits for nothing.',
    );
    const pid = readFileSync(pidFile, 'utf8');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 5000 });
  });

  test('one that exports without end is cut off', async () => {
    expect(await refusal('export default { a: "x".repeat(200_000) };', { sizeLimit: 100_000 })).toBe(
      'exports more than 100000 bytes of JSON | Generate fewer processes, or use scale.',
    );
  });

  test('a loop that blocks its thread is ended too', async () => {
    expect(await refusal('for (;;) {}', { timeLimitMs: 500 })).toMatch(/^did not finish within 0\.5 s/);
  });
});

function isRunning(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}
