import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';

const helper = process.env['PM_NATIVE'] !== 'off';

/** Pages of files that a process has mapped, Node's own first of all: kB. */
async function readMappedKb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssFile:\s+(\d+)/m.exec(status)?.[1]);
}

test('what only the boot needed is given back, and everything goes on', async ({ folder }) => {
  // The last tick comes after the time at which pm looks at its memory.
  const pm = await folder.run(
    'processes:\n  clock: {command: [perl, -e, "$| = 1; for my $n (1..17) { print qq(tick $n\\n); sleep 1 } sleep 600"]}\n',
  );
  await pm.out.waitFor('clock-1: tick 1');
  const pid = await pm.pid();
  const atBoot = await readMappedKb(pid);
  if (helper) await until('less is mapped', async () => (await readMappedKb(pid)) < 0.6 * atBoot, 30_000);
  await pm.out.waitFor('clock-1: tick 17', { withinMs: 30_000 });
  // Without the helper there is no way to.
  expect((await readMappedKb(pid)) < 0.7 * atBoot).toBe(helper);
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
});
