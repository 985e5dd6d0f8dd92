import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';
import { pidsOf } from '../../harness/pids.ts';
import type { Pm } from '../../harness/pm.ts';

const web =
  'processes: {web: {command: [sh, -c, "trap \'echo bye; exit 0\' TERM; echo up; while :; do sleep 0.02; done"]}}';

/** Signals that mean nothing to the supervisor, and would end it or open the inspector if nobody had thought of them. */
const meaningless = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGVTALRM',
  'SIGIO',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGPWR',
  'SIGSTKFLT',
  'SIGWINCH',
  'SIGCHLD',
  'SIGCONT',
  'SIGURG',
] as const;

/** TCP ports that a process listens on, IPv4 and IPv6. */
async function listListening(pid: number): Promise<readonly number[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'latin1')));
  return tables.flatMap((table) =>
    table.split('\n').flatMap((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      return state === '0A' ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : [];
    }),
  );
}

async function expectAlive(pm: Pm): Promise<void> {
  const stat = await readFile(`/proc/${await pm.pid()}/stat`, 'latin1');
  expect(stat).toMatch(/\) [SR] /);
}

describe.for([
  ['beside an init', false],
  ['as PID 1', true],
] as const)('signals %s', ([, pid1]) => {
  test.for(meaningless)('%s does nothing [line 29]', async (signal, { folder }) => {
    // A namespace of its own: whoever listens in there is pm.
    const pm = await folder.run(web, { pid1, under: 'unshare --net' });
    await pm.out.waitFor('web-1: up');
    await pm.out.waitFor('pm: up after');
    for (let count = 0; count < 3; count += 1) await pm.signal(signal);
    // What it does after them: it still reads its configuration, so all three have been handled.
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: configuration applied: nothing changed');
    await expectAlive(pm);
    expect(await listListening(await pm.pid())).toEqual([]);
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
    expect(pidsOf(pm, 'web-1')).toHaveLength(1);
    expect(pm.err.lines).toEqual([]);
  });

  test.for(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
    '%s stops in order [lines 19, 29]',
    async (signal, { folder }) => {
      const pm = await folder.run(web, { pid1 });
      await pm.out.waitFor('web-1: up');
      expect(await pm.stop(signal)).toEqual({ code: 0, signal: null });
      expect(pm.out.texts).toContain('web-1: bye');
      expect(pm.out.texts).toContain(`pm: stopping: ${signal}`);
    },
  );
});

describe('signals at unusual moments', () => {
  test('a SIGHUP while it starts is not its end [line 29]', async ({ folder }) => {
    const pm = await folder.run(web);
    const handles = async (): Promise<boolean> => {
      const caught =
        /^SigCgt:\s*([0-9a-f]+)$/m.exec(await readFile(`/proc/${await pm.pid()}/status`, 'latin1'))?.[1] ?? '0';
      return (BigInt(`0x${caught}`) & 1n) === 1n;
    };
    await until('SIGHUP has a handler', handles);
    for (let count = 0; count < 20; count += 1) await pm.signal('SIGHUP');
    await pm.out.waitFor('web-1: up');
    expect((await pm.stop()).code).toBe(0);
  });

  test('none of them hurts a stop that is under way [line 29]', async ({ folder }) => {
    const pm = await folder.run(
      'processes: {web: {command: [sh, -c, "trap \'while ! test -e go; do sleep 0.02; done; echo bye; exit 0\' TERM; echo up; while :; do sleep 0.02; done"]}}',
    );
    await pm.out.waitFor('web-1: up');
    await pm.signal('SIGTERM');
    await pm.out.waitFor('pm: stopping: SIGTERM');
    for (const signal of [...meaningless, 'SIGHUP'] as const) await pm.signal(signal);
    await pm.out.waitFor('refused: cannot apply-config: shutting down');
    await folder.write('go', '');
    expect(await pm.ended).toEqual({ code: 0, signal: null });
    expect(pm.out.texts).toContain('web-1: bye');
  });
});

describe('nobody reads the output any more', () => {
  test.for([
    ['beside an init', false],
    ['as PID 1', true],
  ] as const)('%s: supervision goes on, and the end is in order [line 29]', async ([, pid1], { folder }) => {
    const pm = await folder.run(
      `
global: {restart_backoff: 0}
processes:
  web: {command: [sh, -c, "echo $$ >> starts; trap 'echo bye >> ends; exit 0' TERM; while :; do echo line; sleep 0.01; done"]}
`,
      { pid1 },
    );
    await pm.out.waitFor('web-1: line');
    pm.child.stdout?.destroy();
    const starts = async (): Promise<string[]> => (await folder.read('starts')).split('\n').filter(Boolean);
    for (let life = 1; life <= 2; life += 1) {
      await until(`life ${life}`, async () => (await starts()).length === life);
      await pm.signal('SIGHUP');
      const [main = Number.NaN] = await folder.findProcesses('echo $$ >> starts');
      process.kill(main, 'SIGKILL');
    }
    await until('it came back', async () => (await starts()).length === 3);
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
    expect(await folder.read('ends')).toBe('bye\n');
  });

  test('also when nobody has ever read stdout and stderr [line 29]', async ({ folder }) => {
    const pm = await folder.run(
      'processes: {web: {command: [sh, -c, "trap \'echo bye >> ends; exit 0\' TERM; echo up >> ends; while :; do echo line; echo line >&2; sleep 0.01; done"]}}',
    );
    pm.child.stdout?.destroy();
    pm.child.stderr?.destroy();
    await until('it runs', async () => (await folder.read('ends')) === 'up\n');
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
    expect(await folder.read('ends')).toBe('up\nbye\n');
  });
});
