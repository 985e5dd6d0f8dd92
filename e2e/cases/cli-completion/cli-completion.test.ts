import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect } from 'vitest';
import { findProgram } from '../../../tools/test-packages.ts';
import { ask } from '../../harness/ask.ts';
import { test, until, type Folder } from '../../harness/folder.ts';
import { pmPath } from '../../harness/pm.ts';

const yaml = `
templates: {"vpn@": {command: [sleep, "600"]}}
processes:
  web: {command: [sleep, "600"]}
  worker: {command: [sleep, "600"], scale: 2}
`;

/** What a login shell of an operator has. */
async function prepare(folder: Folder, shell: string): Promise<Record<string, string>> {
  await folder.write('script', (await ask(folder, ['completion', shell])).out);
  writeFileSync(join(folder.path, 'pm'), `#!/bin/sh\nexec ${process.execPath} ${pmPath} "$@"\n`, { mode: 0o755 });
  return {
    PATH: `${folder.path}:/usr/bin:/bin`,
    HOME: folder.path,
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    PM_RUNTIME_DIR: `${folder.path}/.run`,
  };
}

interface Shell {
  /** Types, and waits until the terminal has shown it. */
  type(keys: string, shown: RegExp): Promise<void>;
}

/** At the end: the line that sets it is shown too. */
const prompt = /ready> $/;

/** A shell in a real terminal. */
async function startShell(
  folder: Folder,
  { shell, command, setUp }: { shell: string; command: string; setUp: string },
  onFinished: (end: () => void) => void,
): Promise<Shell> {
  const env = await prepare(folder, shell);
  const child = spawn(findProgram('script'), ['-qfec', `stty cols 100 rows 30; exec ${command}`, '/dev/null'], {
    cwd: folder.path,
    env: { ...env, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const type: Shell['type'] = async (keys, shown) => {
    const from = output.length;
    child.stdin.write(keys);
    const text = (): string =>
      stripVTControlCharacters(output.slice(from)).replaceAll('\r', '').replaceAll('\u0007', '');
    await until(`${shell} shows ${shown}`, () => shown.test(text())).catch((error: Error) => {
      throw new Error(`${error.message}; it shows:\n${JSON.stringify(text())}`);
    });
  };
  await type(`${setUp}; PS1='ready> '\n`, prompt);
  return { type };
}

const stateOf = async (folder: Folder, name: string): Promise<string> =>
  (await ask(folder, ['status', name])).out.split('\n').find((line) => line.startsWith(name)) ?? '';

describe.each([
  { shell: 'bash', command: 'bash --norc --noprofile -i', setUp: 'source ./script' },
  { shell: 'zsh', command: 'zsh -f -i', setUp: 'autoload -Uz compinit; compinit -D -u; source ./script' },
])('completion in $shell, at a terminal', (setting) => {
  test('Tab completes verbs, options, the processes that run, instances of templates and names of files', async ({
    folder,
    onTestFinished,
  }) => {
    const pm = await folder.run(yaml);
    await pm.out.waitFor('up after');
    await ask(folder, ['start', 'vpn@eu']);
    await folder.write('jobs.yaml', 'processes: {job: {command: [sleep, "600"]}}\n');
    const { type } = await startShell(folder, setting, onTestFinished);
    await type('pm sta\t\t', /start +.*status|status +.*start/s);
    await type('\u0015pm stop we\t', /pm stop web $/);
    await type('\n', /web is STOPPED/);
    expect(await stateOf(folder, 'web')).toContain('STOPPED');
    await type('pm restart wor\t\t\t', /worker-1.*worker-2|worker-2.*worker-1/s);
    await type('\u0015pm stop vpn@\t', /vpn@eu $/);
    await type('\n', /vpn@eu is STOPPED/);
    await type('pm wait web --fo\t', /--for $/);
    await type('st\t', /stopped $/);
    await type('\n', prompt);
    await type('pm add jo\t', /jobs\.yaml $/);
    await type('\n', /job created: READY/);
    await pm.stop();
  });
});

test('completion in fish: candidates with what they are', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const env = await prepare(folder, 'fish');
  const fish = (line: string): string[] =>
    execFileSync(findProgram('fish'), ['--no-config', '-c', `source ./script; complete -C "${line}"`], {
      cwd: folder.path,
      env,
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n');
  expect(fish('pm stop w')).toEqual(['web\tREADY', 'worker\tREADY', 'worker-1\tREADY', 'worker-2\tREADY']);
  expect(fish('pm re').map((line) => line.split('\t')[0])).toEqual(['reload', 'remove', 'restart']);
  expect(fish('pm wait web --for ')).toEqual(['completed', 'ready', 'stopped']);
  await pm.stop();
});
