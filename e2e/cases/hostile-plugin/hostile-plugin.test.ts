import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { test, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const hostile = fileURLToPath(new URL('hostile.mjs', import.meta.url));

/** A service that counts its lives and writes lines; another that must start after it. */
const toConfig = (misdeed: string): string => `
global: {shutdown_timeout: 20s, restart_backoff: 100ms}
plugins:
  ${hostile}: {misdeed: ${misdeed}}
processes:
  web:
    command: ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo alive $$; while :; do sleep 0.05; done"]
    shutdown: {timeout: 500ms}
  worker:
    command: ["sh", "-c", "trap 'exit 0' TERM; echo worker $GREETING; while :; do sleep 0.05; done"]
    env: {GREETING: hello}
    depends_on: web
    shutdown: {timeout: 500ms}
`;

async function boot(folder: Folder, misdeed: string): Promise<{ pm: Pm; webPid: number }> {
  const pm = await folder.run(toConfig(misdeed));
  await pm.out.waitFor('worker-1: worker hello', { withinMs: 30_000 });
  const [, pid] = /alive (\d+)/.exec(await pm.out.waitFor(/^web-1: alive/)) ?? [];
  return { pm, webPid: Number(pid) };
}

const isAlive = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !stat.includes(') Z '),
    () => false,
  );

describe('a hostile plugin does not hurt what is supervised', () => {
  test.for(['throws', 'rejects', 'hangs', 'mutates', 'floods', 'leaks', 'exits', 'exitsLater', 'uncaught'])(
    'one that %s',
    async (misdeed, { folder }) => {
      const { pm, webPid } = await boot(folder, misdeed);
      expect(await isAlive(webPid)).toBe(true);
      process.kill(webPid, 'SIGKILL');
      await pm.out.waitFor(/^web-1: alive/, { times: 2 });
      expect(await pm.stop()).toEqual({ code: 0, signal: null });
      expect(pm.out.texts.filter((text) => text === 'web-1: bye')).toHaveLength(1);
    },
  );

  test('and it is named, and muted after five failures', async ({ folder }) => {
    const { pm } = await boot(folder, 'throws');
    await pm.out.waitFor('plugin "hostile-throws" failed in plan.applied: hostile');
    await pm.out.waitFor('plugin hostile-throws is muted after 5 failures');
    await pm.stop();
  });

  test('and process.exit is no way out for it, now or later', async ({ folder }) => {
    const { pm } = await boot(folder, 'exitsLater');
    for (const step of ['timer', 'uncaught']) {
      await pm.out.waitFor(
        `plugin "hostile-exitslater" failed in ${step}: process.exit would end everything that is supervised`,
      );
    }
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
  });

  test('and what it threw where nobody could catch it is blamed on it', async ({ folder }) => {
    const { pm } = await boot(folder, 'uncaught');
    for (const message of ['thrown from nowhere', 'rejected in the dark', 'next tick']) {
      await pm.out.waitFor(`plugin "hostile-uncaught" failed in uncaught: ${message}`);
    }
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
  });
});
