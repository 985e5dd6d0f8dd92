import { afterEach, describe, expect, test } from 'vitest';
import { findMembers } from './containment.ts';
import { firstLines, fixture, modes, requestOf, sh, spawnerOf } from './fixtures/spawning.ts';
import { isDead, type ProcStat, readStat } from './proc-stat.ts';
import { descendantsOf } from './proc-tree.ts';
import { identityOf } from './process-table.ts';
import type { Child, Spawner } from './spawner.ts';

/** Every way but one: an orphan with its own session and an empty environment is only held by a subreaper. */
const ways = ['child', 'session', 'orphan', 'daemon', 'ignores-term', 'stopped', 'bare', 'forks-at-term'];

function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && !isDead(stat);
}

afterEach(() => {
  expect(descendantsOf(process.pid).filter(isAlive)).toEqual([]);
});

describe.each(modes)('[line 23] nothing is left $mode', ({ helper }) => {
  const spawner = spawnerOf(helper);

  async function escape(
    way: readonly string[],
    starter: Spawner = spawner,
  ): Promise<{ child: Child; escaped: number }> {
    const child = await starter.spawn(requestOf(['perl', fixture('escape.pl'), ...way]));
    const [line] = await firstLines(child, 1);
    return { child, escaped: Number(line) };
  }

  test.each(helper ? [...ways, 'bare-orphan'] : ways)('after a stop: %s', async (way) => {
    const { child, escaped } = await escape([way]);
    expect(isAlive(escaped)).toBe(true);
    child.signal('SIGTERM', 'mixed');
    const end = await child.ended;
    expect(isAlive(escaped)).toBe(false);
    expect(end).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(end.leftovers).toBeGreaterThan(0);
    child.closeOutput();
  });

  // A child of which nobody knew before its parent had gone keeps the marker; a bare one keeps nothing.
  test.each(helper ? [...ways, 'bare-orphan'] : ways.filter((way) => way !== 'bare'))(
    'after the main process went by itself: %s',
    async (way) => {
      const { child, escaped } = await escape([way, 'exit']);
      expect(await child.ended).toMatchObject({ code: 7, signal: null });
      expect(isAlive(escaped)).toBe(false);
      child.closeOutput();
    },
  );

  test.each(['mixed', 'group', 'process'] as const)('after a kill by mode %s, at once', async (mode) => {
    // A grace that nobody lives to see: with one, this test would run out of time.
    const { child, escaped } = await escape(['ignores-term'], spawnerOf(helper, { leftoverGraceMs: 60_000 }));
    child.kill('SIGKILL', mode);
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(isAlive(escaped)).toBe(false);
    child.closeOutput();
  });

  test('a kill while leftovers have their grace ends the grace', async () => {
    const patient = spawnerOf(helper, { leftoverGraceMs: 60_000 });
    const { child, escaped } = await escape(['ignores-term', 'exit'], patient);
    await expect.poll(() => child.signal('SIGWINCH', 'mixed')).toBe(false);
    expect(isAlive(escaped)).toBe(true);
    expect(child.kill('SIGKILL', 'mixed')).toBe(true);
    await child.ended;
    expect(isAlive(escaped)).toBe(false);
    child.closeOutput();
  });

  test('[line 22] the stop signal goes to the main process alone, or to the whole group', async () => {
    const line =
      'trap "echo main; wait; exit 0" TERM; sh -c "trap \'echo worker; exit 0\' TERM; echo up; while :; do sleep 0.01; done" & wait';
    for (const [mode, expected] of [
      ['mixed', ['main']],
      ['process', ['main']],
      ['group', ['main', 'worker']],
    ] as const) {
      const child = await spawner.spawn(requestOf(sh(line)));
      let output = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
      await expect.poll(() => output).toBe('up\n');
      child.signal('SIGTERM', mode);
      await expect.poll(() => output.trim().split('\n').slice(1).toSorted()).toEqual(expected);
      child.kill('SIGKILL', 'mixed');
      await child.ended;
      child.closeOutput();
    }
  });

  test('the tree shows what the service started, also what has left its group', async () => {
    const { child, escaped } = await escape(['session']);
    expect(child.tree()).toEqual(expect.arrayContaining([child.pid, escaped]));
    child.kill('SIGKILL', 'mixed');
    await child.ended;
    child.closeOutput();
  });

  test('twenty services that end at once do not end each other', async () => {
    const children = await Promise.all(Array.from({ length: 20 }, () => escape(['daemon'])));
    const stays = await escape(['daemon']);
    for (const { child } of children) child.signal('SIGTERM', 'mixed');
    await Promise.all(children.map(({ child }) => child.ended));
    expect(children.filter(({ escaped }) => isAlive(escaped))).toEqual([]);
    expect([isAlive(stays.child.pid), isAlive(stays.escaped)]).toEqual([true, true]);
    stays.child.kill('SIGKILL', 'mixed');
    await stays.child.ended;
    for (const { child } of [...children, stays]) child.closeOutput();
  });

  test('without containment what is left behind is left alone', async () => {
    const child = await spawner.spawn(
      requestOf(['perl', fixture('escape.pl'), 'session', 'exit'], { containment: false }),
    );
    const [line] = await firstLines(child, 1);
    const end = await child.ended;
    expect([end.code, end.leftovers]).toEqual([7, undefined]);
    expect(isAlive(Number(line))).toBe(true);
    expect(readStat(Number(line))?.command).toBe('perl');
    process.kill(Number(line), 'SIGKILL');
    await expect.poll(() => isAlive(Number(line))).toBe(false);
    child.closeOutput();
  });
});

test('a monitor that is killed takes the service along', async () => {
  const child = await spawnerOf(true).spawn(requestOf(['perl', fixture('escape.pl'), 'child']));
  const [line] = await firstLines(child, 1);
  const monitor = readStat(readStat(child.pid)?.parent ?? 0);
  expect(monitor?.command).toBe('svexec');
  process.kill(monitor?.pid as number, 'SIGKILL');
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
  expect([isAlive(child.pid), isAlive(Number(line))]).toEqual([false, false]);
  child.closeOutput();
});

describe('who belongs to a service', () => {
  const main = { pid: 100, started: 1_000, marker: 'ours', known: new Set<string>() };
  const stat = (pid: number, changes: Partial<ProcStat> = {}): ProcStat => ({
    pid,
    command: 'x',
    state: 'S',
    parent: 1,
    group: pid,
    session: pid,
    terminal: 0,
    cpuTicks: 0,
    threads: 1,
    startTicks: 2_000,
    rssPages: 1,
    ...changes,
  });
  const find = (
    processes: ProcStat[],
    trace: Partial<typeof main> = {},
    markers: Record<number, string> = {},
  ): number[] =>
    findMembers({ processes, markerOf: ({ pid }) => markers[pid] }, { ...main, ...trace }).map(({ pid }) => pid);

  test.each<[string, ProcStat[], number[]]>([
    ['its group', [stat(200, { group: 100 })], [200]],
    ['its session', [stat(200, { session: 100 })], [200]],
    ['a stranger does not', [stat(200)], []],
    ['the main process itself is not counted', [stat(100, { startTicks: 1_000 })], []],
    [
      'descendants of members, in any order',
      [stat(400, { parent: 300 }), stat(300, { parent: 200 }), stat(200, { group: 100 })],
      [200, 300, 400],
    ],
    [
      'nobody by group once the number belongs to somebody else',
      [stat(100, { startTicks: 3_000 }), stat(200, { group: 100 })],
      [],
    ],
  ])('%s', (_, processes, expected) => {
    expect(new Set(find(processes))).toEqual(new Set(expected));
  });

  test('who carries the marker, unless it was there before', () => {
    const [young, old] = [stat(200), stat(300, { startTicks: 999 })];
    expect(find([young, old], {}, { 200: 'ours', 300: 'ours' })).toEqual([200]);
  });

  test('who was known, as long as the number is theirs', () => {
    const known = new Set([identityOf(stat(200))]);
    expect(find([stat(200)], { known })).toEqual([200]);
    expect(find([stat(200, { startTicks: 2_001 })], { known })).toEqual([]);
  });

  test('never the supervisor, whatever it looks like', () => {
    expect(find([stat(process.pid, { group: 100 })])).toEqual([]);
  });
});
