import { resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { test, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const repository = resolve(import.meta.dirname, '../../..');
const helper = process.env['PM_NATIVE'] !== 'off';

/** Tells where the socket will be and what its folder is like, and that it runs. */
const yaml = `
processes:
  web:
    command: [sh, -c, "echo socket=$PM_SOCKET; stat -c 'mode=%a owner=%u' \\"$(dirname \\"$PM_SOCKET\\")\\" 2>&1; trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done"]
`;

interface Machine {
  /** Commands of the shell that make the file systems what they are, before everything becomes read-only. */
  readonly mounts?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** `pm run` in a mount namespace of its own in which nothing can be written, except what `mounts` mounts. */
async function runReadOnly(folder: Folder, { mounts = '', env = {} }: Machine): Promise<Pm> {
  const script = await folder.write(
    'machine.sh',
    `#!/bin/sh
set -e
mount --make-rprivate /
mount -n -o remount,bind,ro /
mount -n -t tmpfs -o ro none /dev/shm
mount -n -t tmpfs -o ro none /run
${mounts}
exec "$@"
`,
  );
  return folder.run(yaml, { under: `unshare --mount ${script}`, env: { PM_RUNTIME_DIR: '', ...env } });
}

const tmpfs = (path: string, options = 'mode=755'): string => `mount -n -t tmpfs -o ${options} none ${path}`;
const warnings = (pm: Pm): readonly string[] =>
  pm.out.records.filter(({ level }) => level === 'warn').map(({ msg }) => msg);

describe('a read-only root', () => {
  test('with a writable /run: state goes there, in a folder for nobody else [line 30]', async ({ folder }) => {
    const pm = await runReadOnly(folder, { mounts: tmpfs('/run') });
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain('web-1: socket=/run/pm/pm.sock');
    expect(pm.out.texts).toContain('web-1: mode=700 owner=0');
    expect((await pm.stop()).code).toBe(0);
    expect(warnings(pm)).toEqual([]);
  });

  test('with nothing but /tmp: state goes there, under the name of the user [line 30]', async ({ folder }) => {
    // This folder is in /tmp as well, and so may be the repository: they have to be seen through the mount.
    const kept = [folder.path, repository].filter((path) => path.startsWith('/tmp/'));
    const show = kept.map((path) => `mkdir -p ${path}; mount -n --bind ${path.replace('/tmp', '/mnt')} ${path}`);
    const keep = ['mount -n --bind /tmp /mnt', tmpfs('/tmp', 'mode=1777'), ...show, 'umount -n /mnt'].join('; ');
    const pm = await runReadOnly(folder, { mounts: keep });
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain('web-1: socket=/tmp/pm-0/pm.sock');
    expect(pm.out.texts).toContain('web-1: mode=700 owner=0');
    await pm.stop();
    expect(warnings(pm)).toEqual([]);
  });

  test('the places have an order: what PM_RUNTIME_DIR says, /run/pm, the session, /tmp [line 30]', async ({
    folder,
  }) => {
    const mounts = `${tmpfs('/run')}; mkdir /run/mine /run/session`;
    const chosen = await runReadOnly(folder, {
      mounts,
      env: { PM_RUNTIME_DIR: '/run/mine', XDG_RUNTIME_DIR: '/run/session' },
    });
    await chosen.out.waitFor('web-1: socket=/run/mine/pm.sock');
    await chosen.stop();
    const usual = await runReadOnly(folder, { mounts, env: { XDG_RUNTIME_DIR: '/run/session' } });
    await usual.out.waitFor('web-1: socket=/run/pm/pm.sock');
    await usual.stop();
    const taken = await runReadOnly(folder, {
      mounts: `${mounts}; touch /run/pm`,
      env: { XDG_RUNTIME_DIR: '/run/session' },
    });
    await taken.out.waitFor('web-1: socket=/run/session/pm/pm.sock');
    await taken.stop();
  });

  test('a folder that others may write to, or that is a link, is not used; its permissions stay as they are [lines 30, 31]', async ({
    folder,
  }) => {
    const traps = `${tmpfs('/run')}; mkdir /run/session /run/session/real; mkdir -m 777 /run/pm; ln -s real /run/session/pm`;
    const pm = await runReadOnly(folder, { mounts: traps, env: { XDG_RUNTIME_DIR: '/run/session' } });
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain('web-1: socket=');
    const [warning = ''] = warnings(pm);
    expect(warning).toContain('/run/pm: others may write to it (mode 777)');
    expect(warning).toContain('/run/session/pm: it is a symbolic link');
    await pm.stop();
  });

  test('with nothing writable at all: no socket, one warning, and the processes run [line 30]', async ({ folder }) => {
    const pm = await runReadOnly(folder, {});
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain('web-1: socket=');
    expect((await pm.stop()).code).toBe(0);
    expect(pm.out.texts).toContain('web-1: bye');
    const [runtimeDir = '', ...others] = warnings(pm);
    expect(runtimeDir).toContain('no runtime directory, so there is no control socket; the processes run all the same');
    for (const place of ['/run/pm', '/tmp/pm-0'])
      expect(runtimeDir).toContain(`${place}: it is on a read-only file system`);
    // Named pipes have to be somewhere; without the helper and without a place, services get sockets, and that is said.
    expect(others).toEqual(helper ? [] : [expect.stringContaining('services get sockets instead of pipes as output')]);
  });

  test('a folder that is there already is used as it is, and what is on a read-only file system is not touched [line 30]', async ({
    folder,
  }) => {
    const mounts = `${tmpfs('/run')}; mkdir /run/session; mkdir -m 755 /run/session/pm /run/pm; mount -n --bind /run/pm /run/pm; mount -n -o remount,bind,ro /run/pm`;
    const pm = await runReadOnly(folder, { mounts, env: { XDG_RUNTIME_DIR: '/run/session' } });
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain('web-1: socket=/run/session/pm/pm.sock');
    expect(pm.out.texts).toContain('web-1: mode=755 owner=0');
    expect((await pm.stop()).code).toBe(0);
    expect(warnings(pm)).toEqual([]);
  });
});
