import { describe, expect } from 'vitest';
import { useAccounts } from '../../harness/accounts.ts';
import { test } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const helper = process.env['PM_NATIVE'] !== 'off';

/** Node alone cannot make one. A service that asked for a terminal is not started without. */
async function expectRefused(pm: Pm): Promise<void> {
  await pm.out.waitFor(
    'cannot start "web-1": it cannot get a terminal without the native helper. Remove "tty", or see `pm doctor` for why the helper is missing.',
  );
}

describe('tty: true', () => {
  test('gives a terminal of its own: with a size, in control, and its lines are as those of a pipe', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {on_idle: stay, max_restart_attempts: 0}
processes:
  web: {tty: true, command: [sh, -c, "test -t 0 && test -t 1 && test -t 2 && echo three terminals; stty size; tty; (exec < /dev/tty && echo in control); echo err >&2; echo over"]}
  plain: {command: [sh, -c, "test -t 0 || test -t 1 || test -t 2 || echo no terminal"]}
`);
    await pm.out.waitFor('plain-1: no terminal');
    if (helper) {
      await pm.out.waitFor('pm: web-1 failed: ');
      const lines = pm.out.texts.filter((text) => text.startsWith('web-1: '));
      expect(lines).toEqual([
        'web-1: three terminals',
        'web-1: 24 80',
        expect.stringMatching(/^web-1: \/dev\/pts\/\d+$/),
        'web-1: in control',
        'web-1: err',
        'web-1: over',
      ]);
    } else {
      await expectRefused(pm);
    }
    expect((await pm.stop()).code).toBe(0);
  });

  test('stops as anything else does: its signal, its time, its last words', async ({ folder }) => {
    const pm = await folder.run(`
processes:
  web: {tty: true, command: [sh, -c, "trap 'echo got-signal; sleep 0.2; echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done"]}
`);
    if (!helper) return expectRefused(pm);
    await pm.out.waitFor('web-1: up');
    expect((await pm.stop()).code).toBe(0);
    expect(pm.out.texts.filter((text) => text.startsWith('web-1: ')).slice(-2)).toEqual([
      'web-1: got-signal',
      'web-1: bye',
    ]);
  });

  test('belongs to the user of the process', async ({ folder }) => {
    const under = await useAccounts(folder);
    const pm = await folder.run(
      'processes: {web: {tty: true, user: app, command: [sh, -c, "stat -c %u $(tty); echo again > $(tty); sleep 600"]}}',
      { under },
    );
    if (!helper) return expectRefused(pm);
    await pm.out.waitFor('web-1: 1500');
    await pm.out.waitFor('web-1: again');
    await pm.stop();
  });
});
