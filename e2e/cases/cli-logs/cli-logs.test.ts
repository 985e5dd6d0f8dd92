import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { LogLine } from '@pm-supervisor/client';
import { ask } from '../../harness/ask.ts';
import { type Folder, test, until } from '../../harness/folder.ts';

const yaml = `
processes:
  talk: {command: [sh, -c, "echo one; echo two; echo three; touch said; exec sleep 600"], ready: {file: said}}
  count: {command: [sh, -c, "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; done; touch counted; exec sleep 600"], ready: {file: counted}}
`;

test('pm logs: what is kept of each instance, the newest lines, of the supervisor too', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  await pm.out.waitFor('count-1: line 500');
  const texts = async (...args: string[]): Promise<string[]> => {
    const { code, out } = await ask(folder, ['logs', ...args, '--json']);
    expect(code).toBe(0);
    return out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as LogLine).msg);
  };
  expect(await texts('talk')).toEqual(['one', 'two', 'three']);
  expect(await texts('count', '--tail', '2')).toEqual(['line 499', 'line 500']);
  expect(await texts('count')).toHaveLength(100);
  expect((await texts('pm')).some((text) => text.startsWith('talk-1 started (pid '))).toBe(true);
  expect((await ask(folder, ['logs', 'talk'])).out).toMatch(
    /^\S+Z talk-1 \| one\n\S+Z talk-1 \| two\n\S+Z talk-1 \| three\n$/,
  );
  expect(await ask(folder, ['logs', 'tlak'])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('Did you mean "talk"?') as string,
  });
  await pm.stop();
});

test('pm logs -f: kept lines and those that come, until the supervisor stops', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  echo: {command: [sh, -c, "echo up; trap 'echo got it' USR1; while :; do sleep 0.02; done"], ready: {log: up}}
`);
  await pm.out.waitFor('up after');
  const follow = folder.pm(['logs', '-f', 'echo']);
  await follow.out.waitFor('| up');
  await ask(folder, ['signal', 'echo', 'USR1']);
  await follow.out.waitFor('| got it');
  await pm.stop();
  expect(await follow.ended).toEqual({ code: 0, signal: null });
});

const flood = `
processes:
  flood: {command: [sh, -c, "while [ ! -e go ]; do sleep 0.02; done; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i 0123456789012345678901234567890123456789012345678901234567890123456789; done; touch done; exec sleep 600"]}
`;

/** Connections that the supervisor of a folder has accepted; its socket is renamed into place after it was bound. */
async function countConnections(folder: Folder): Promise<number> {
  const lines = (await readFile('/proc/net/unix', 'utf8')).split('\n');
  return lines.filter((line) => line.includes(`${folder.path}/.run/`) && line.split(' ')[5] === '03').length;
}

test('pm logs -f: a pager that does not read holds up nothing [line 34]', async ({ folder }) => {
  const pm = await folder.run(flood);
  await pm.out.waitFor('up after');
  const follow = folder.pm(['logs', '-f', '--tail', '0', 'flood'], { stdout: 'stuck' });
  await until('it follows', async () => (await countConnections(folder)) === 1);
  await folder.write('go', '');
  await until('all was written', () => folder.exists('done'));
  expect((await ask(folder, ['status', 'flood'])).code).toBe(0);
  follow.child.kill('SIGKILL');
  await pm.stop();
});

test('pm logs -f: ends with its reader, as any program does', async ({ folder }) => {
  const pm = await folder.run('processes:\n  tick: {command: [sh, -c, "while :; do echo tick; sleep 0.02; done"]}\n');
  await pm.out.waitFor('up after');
  // A real pipe: the end of a socket, which Node would give it, is told in two ways.
  await folder.write('head.sh', '{ "$@"; echo "code $?" > code; } | head -n 1\n');
  const follow = folder.pm(['logs', '-f', 'tick'], { under: 'sh head.sh' });
  await follow.ended;
  expect(follow.out.lines).toEqual([expect.stringContaining('| tick')]);
  // 128 + SIGPIPE.
  expect(await folder.read('code')).toBe('code 141\n');
  await pm.stop();
});
