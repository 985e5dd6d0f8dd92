import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findProgram } from '../../../../tools/test-packages.ts';
import { runPm, startDaemon, toInstance, toProcess } from '../testing/fake-daemon.ts';

async function useDaemon(): Promise<{ env: Record<string, string> }> {
  const vpn = toProcess({ name: 'vpn@eu', state: 'STOPPED' });
  const queue = toProcess({ name: 'queue', instances: [toInstance({ id: 'queue-1' }), toInstance({ id: 'queue-2' })] });
  const { socket } = await startDaemon({ 'GET /api/v1/processes': { processes: [toProcess(), queue, vpn] } });
  return { env: { PM_SOCKET: socket } };
}

async function answersTo(line: string): Promise<string[]> {
  const { code, out, err } = await runPm(['completion', '--complete', '--', ...line.split(' ')], await useDaemon());
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => text.split('\t')[0] ?? '');
}

test.each([
  ['st', ['status', 'start', 'stop']],
  ['help st', ['status', 'start', 'stop']],
  ['nope ', []],
  ['start ', ['web', 'queue', 'queue-1', 'queue-2', 'vpn@eu']],
  ['start q', ['queue', 'queue-1', 'queue-2']],
  ['start web ', ['queue', 'queue-1', 'queue-2', 'vpn@eu']],
  ['start --timeout 5s w', ['web']],
  ['start --timeout ', []],
  ['start --no', ['--no-wait']],
  ['scale queue ', []],
  ['signal web H', ['HUP']],
  ['wait web --for ', ['ready', 'stopped', 'completed']],
  ['wait web --for s', ['stopped']],
  ['logs --level ', ['debug', 'info', 'warn', 'error']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['add ', [':files']],
  ['status --socket ', [':files']],
  ['check ', [':files']],
  ['run --wa', ['--watch']],
  ['run --config ', [':files']],
  ['run --only w', ['web']],
  ['events --type a b --j', ['--json']],
])('completion: pm %s|', async (line, expected) => {
  expect(await answersTo(line)).toEqual(expected);
});

test('completion: without a supervisor there are no names, and no error', async () => {
  expect(await runPm(['completion', '--complete', '--', 'start', '--socket', '/nowhere', ''])).toEqual({
    code: 0,
    out: '',
    err: '',
  });
});

test.each([
  [['completion'], 'which shell?'],
  [['completion', 'tcsh'], '"tcsh" is no shell that is known'],
])('completion: %j is a wrong command line', async (argv, message) => {
  const { code, err } = await runPm(argv);
  expect({ code, err }).toEqual({ code: 64, err: `pm: ${message}\n  One of bash, zsh, fish.\n` });
});

/** A `pm` that says what it was asked, and answers what the test wants. */
function useShell(answer: string): { readonly folder: string; asked: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'pm-shell-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'pm'),
    `#!/bin/sh\nfor word in "$@"; do printf '<%s>' "$word"; done > ${folder}/asked\nprintf '${answer}'\n`,
  );
  chmodSync(join(folder, 'pm'), 0o755);
  writeFileSync(join(folder, 'notes.yaml'), '');
  return { folder, asked: () => execFileSync('cat', [join(folder, 'asked')], { encoding: 'utf8' }) };
}

async function runShell(
  folder: string,
  shell: 'bash' | 'zsh' | 'fish',
  args: readonly string[],
  program: string,
): Promise<string[]> {
  const { out } = await runPm(['completion', shell]);
  writeFileSync(join(folder, 'script'), out);
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, LANG: 'C.UTF-8' };
  const text = execFileSync(findProgram(shell), [...args, program], { cwd: folder, env, encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

/** As bash calls it: with the part of the line that it is going to replace. */
const inBash = (line: string, current: string): string =>
  `source ./script; COMP_LINE='${line}' COMP_POINT=${line.length}; _pm_complete pm '${current}' ''; printf '%s\\n' "\${COMPREPLY[@]}"`;

test('completion in bash: candidates, without their descriptions', async () => {
  const { folder, asked } = useShell('web\\tREADY\\nwatch\\n');
  expect(await runShell(folder, 'bash', ['--norc', '-c'], inBash('pm start --timeout 5s w', 'w'))).toEqual([
    'web',
    'watch',
  ]);
  expect(asked()).toBe('<completion><--complete><--><start><--timeout><5s><w>');
});

test('completion in bash: an empty word is asked for too, and names of files are of the shell', async () => {
  const { folder, asked } = useShell(':files\\n');
  expect(await runShell(folder, 'bash', ['--norc', '-c'], inBash('pm add no', 'no'))).toEqual(['notes.yaml']);
  await runShell(folder, 'bash', ['--norc', '-c'], inBash('pm start ', ''));
  expect(asked()).toBe('<completion><--complete><--><start><>');
});

// What bash passes was looked up in bash 5.2: it splits at each of "@=:", and keeps the "@" as part of the word.
test.each([
  ['pm start vpn@e', '@e', 'vpn@eu', '@eu'],
  ['pm start vpn@', '@', 'vpn@eu', '@eu'],
  ['pm start label=a=', '', 'label=a=b', 'b'],
  ['pm start label=a=b', 'b', 'label=a=bc', 'bc'],
])('completion in bash: only what it replaces is answered: %s', async (line, current, answer, expected) => {
  const { folder, asked } = useShell(`${answer}\\tSTOPPED\\n`);
  expect(await runShell(folder, 'bash', ['--norc', '-c'], inBash(line, current))).toEqual([expected]);
  expect(asked()).toContain(`<start><${line.split(' ')[2]}>`);
});

test('completion in zsh: candidates with descriptions, colons kept apart; names of files are of the shell', async () => {
  const { folder, asked } = useShell('web\\tREADY\\na:b\\tits words: two\\n:files\\n');
  const inZsh =
    'compdef() { }; _describe() { print -rl -- "${(@P)2}" }; _files() { print files }; source ./script; words=(pm start ""); CURRENT=3; _pm';
  expect(await runShell(folder, 'zsh', ['-fc'], inZsh)).toEqual(['files', 'web:READY', 'a\\:b:its words: two']);
  expect(asked()).toBe('<completion><--complete><--><start><>');
});

test('completion in fish: candidates with descriptions; names of files are of the shell', async () => {
  const { folder, asked } = useShell('web\\tREADY\\nwatch\\n');
  expect(await runShell(folder, 'fish', ['--no-config', '-c'], 'source ./script; complete -C "pm start w"')).toEqual([
    'watch',
    'web\tREADY',
  ]);
  expect(asked()).toBe('<completion><--complete><--><start><w>');
  const files = useShell(':files\\n');
  expect(
    await runShell(files.folder, 'fish', ['--no-config', '-c'], 'source ./script; complete -C "pm add no"'),
  ).toEqual(['notes.yaml']);
});
