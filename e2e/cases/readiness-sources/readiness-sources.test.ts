import { describe, expect } from 'vitest';
import { test, until, type Folder } from '../../harness/folder.ts';
import { findFreePort } from '../../harness/ports.ts';
import type { Pm } from '../../harness/pm.ts';

const helper = process.env['PM_NATIVE'] !== 'off';

const perlNotify = `use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; my $to = $ENV{NOTIFY_SOCKET}; $to =~ s/^@/\\0/; send($s, shift, 0, pack_sockaddr_un($to)) or die $!;`;

/** A service that says that it is ready by `announce` once the file `go` is there, and a dependent that must come after. */
async function run(folder: Folder, { ready, announce }: { ready: string; announce: string }): Promise<Pm> {
  await folder.write('notify.pl', perlNotify);
  await folder.write(
    'svc.sh',
    `#!/bin/sh
echo waiting
while ! test -e go; do sleep 0.02; done
echo announced >> order
${announce}
exec sleep 600
`,
  );
  return folder.run(`
processes:
  svc: {command: [./svc.sh], ready: ${ready}}
  web: {command: [sh, -c, "echo web >> order; echo up; exec sleep 600"], depends_on: svc}
`);
}

const sources = (port: number, path: string): readonly (readonly [string, { ready: string; announce: string }])[] => [
  ['fd', { ready: '{fd: 7}', announce: 'echo >&7; exec 7>&-' }],
  ['log', { ready: '{log: "^listening on \\\\d+$"}', announce: 'echo not listening on 1 yet; echo listening on 80' }],
  ['file', { ready: `{file: ${path}/ready}`, announce: 'touch ready' }],
  [
    'port',
    {
      ready: `{port: ${port}}`,
      announce: `perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1:${port}", ReuseAddr => 1) or die; sleep 600' &`,
    },
  ],
  ['command', { ready: '{command: [test, -e, ready]}', announce: 'touch ready' }],
];

describe('ready', () => {
  test.for(['fd', 'log', 'file', 'port', 'command'])(
    'by %s: dependents start after it, and not before [line 3]',
    async (name, { folder }) => {
      const source = sources(await findFreePort(), folder.path).find(([known]) => known === name)?.[1];
      const pm = await run(folder, source ?? { ready: '', announce: '' });
      await pm.out.waitFor('svc-1: waiting');
      await folder.write('go', '');
      await pm.out.waitFor('web-1: up');
      expect(await folder.read('order')).toBe('announced\nweb\n');
      await pm.out.waitFor(/^pm: svc-1 is ready after /);
      expect((await pm.stop()).code).toBe(0);
    },
  );

  test('by sd_notify: other messages do not count; without the helper it says why it cannot [line 3]', async ({
    folder,
  }) => {
    const pm = await run(folder, {
      ready: '{notify: true}',
      announce: 'perl notify.pl STATUS=loading; perl notify.pl "READY=1\nMAINPID=1"',
    });
    if (!helper) {
      await pm.out.waitFor(
        'cannot start "svc-1": its "ready: {notify: true}" cannot be heard without the native helper. Use another source of readiness (fd, port, log, file, command), or see `pm doctor` for why the helper is missing.',
      );
      expect((await pm.stop()).code).toBe(0);
      return expect(await folder.read('order')).toBe('');
    }
    await pm.out.waitFor('svc-1: waiting');
    await folder.write('go', '');
    await pm.out.waitFor('web-1: up');
    expect(await folder.read('order')).toBe('announced\nweb\n');
    await pm.stop();
  });

  test('after a time: it has to live that long [line 3]', async ({ folder }) => {
    const pm = await folder.run(`
global: {restart_backoff: 0}
processes:
  svc: {command: [sh, -c, "echo life >> order; test $(wc -l < order) -ge 3 || exit 1; exec sleep 600"], ready: {after: 500ms}}
  web: {command: [sh, -c, "echo web >> order; echo up; exec sleep 600"], depends_on: svc}
`);
    await pm.out.waitFor('web-1: up');
    expect(await folder.read('order')).toBe('life\nlife\nlife\nweb\n');
    await pm.out.waitFor(/^pm: svc-1 is ready after (5|6)\d\d ms/);
    await pm.stop();
  });

  test('a file that an earlier run left behind is no news [line 3]', async ({ folder }) => {
    await folder.write('ready', '');
    const pm = await run(folder, { ready: `{file: ${folder.path}/ready}`, announce: 'touch ready' });
    await pm.out.waitFor('svc-1: waiting');
    await folder.write('go', '');
    await pm.out.waitFor('web-1: up');
    expect(await folder.read('order')).toBe('announced\nweb\n');
    await pm.stop();
  });

  test('closes with its process and opens again only by its rule [line 3]', async ({ folder }) => {
    const pm = await folder.run(`
global: {restart_backoff: 0}
processes:
  svc: {command: [sh, -c, "echo life $$; while ! test -e go; do sleep 0.02; done; rm go; echo ready now; exec sleep 600"], ready: {log: ready now}}
  web: {command: [sh, -c, "echo up; exec sleep 600"], depends_on: {svc: {restart: true}}}
`);
    await folder.write('go', '');
    await pm.out.waitFor('web-1: up');
    const [, pid = ''] = /life (\d+)/.exec(await pm.out.waitFor(/svc-1: life/)) ?? [];
    process.kill(Number(pid), 'SIGKILL');
    await pm.out.waitFor(/svc-1: life/, { times: 2 });
    await pm.out.waitFor('pm: web-1 ended');
    expect(pm.out.texts.filter((text) => text === 'web-1: up')).toHaveLength(1);
    await folder.write('go', '');
    await pm.out.waitFor('web-1: up', { times: 2 });
    await pm.stop();
  });

  test('too late is a failure of the start: said, stopped, tried again, given up [lines 3, 5, 11]', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {process_start_timeout: 200ms, restart_backoff: 0, max_restart_attempts: 1, on_idle: stay}
processes:
  svc: {command: [sh, -c, "trap 'echo stopped >> ends; exit 0' TERM; while :; do sleep 0.02; done"], ready: {log: never}}
  web: {command: [sleep, "600"], depends_on: svc}
`);
    await pm.out.waitFor('pm: svc-1 failed: not ready within 0.2 s (process_start_timeout); gave up after 1 restart');
    await pm.out.waitFor('pm: web-1 failed: its dependency "svc" failed');
    await pm.stop();
    expect(await folder.read('ends')).toBe('stopped\nstopped\n');
    await until('nothing is left', async () => (await folder.countProcesses('echo stopped')) === 0);
  });
});
