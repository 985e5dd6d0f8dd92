import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';
import { remotePlugin, useRemote } from '../../harness/remote.ts';

test('commands: idempotent, and answered with the final state [line 18]', async ({ folder }) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(`
plugins: [${remotePlugin}]
processes:
  web: {command: [sh, -c, "trap 'sleep 0.3; exit 0' TERM; echo up; while :; do sleep 0.02; done"]}
  db: {command: [sleep, "600"], initial_state: stopped}
  app: {command: [sleep, "600"], initial_state: stopped, depends_on: db}
`);
  await pm.out.waitFor('web-1: up');
  expect(await remote.dispatch({ type: 'start', targets: ['web'] }, 10_000)).toMatchObject({
    changed: false,
    processes: [{ state: 'READY' }],
  });
  expect(await remote.dispatch({ type: 'stop', targets: ['web'] }, 10_000)).toMatchObject({
    changed: true,
    processes: [{ state: 'STOPPED' }],
  });
  expect(await remote.dispatch({ type: 'stop', targets: ['web'] }, 10_000)).toMatchObject({
    changed: false,
    processes: [{ state: 'STOPPED' }],
  });
  expect(await remote.dispatch({ type: 'restart', targets: ['web'] }, 10_000)).toMatchObject({
    processes: [{ state: 'READY' }],
  });
  expect(await remote.dispatch({ type: 'start', targets: ['app'] }, 10_000)).toMatchObject({
    changed: true,
    processes: [{ state: 'READY' }],
  });
  expect((await remote.snapshot()).processes.find(({ name }) => name === 'db')).toMatchObject({ state: 'READY' });
  await expect(remote.dispatch({ type: 'stop', targets: ['wbe'] })).rejects.toThrow('Did you mean "web"?');
  await pm.stop();
});

test('commands: work during the boot, and are refused with a clear word during the stop; neither hangs [line 18]', async ({
  folder,
}) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(`
plugins: [${remotePlugin}]
processes:
  slow: {command: [sh, -c, "trap 'sleep 1; exit 0' TERM; echo up; while :; do sleep 0.02; done"], ready: {file: never}}
  web: {command: [sleep, "600"], depends_on: slow}
`);
  await pm.out.waitFor('slow-1: up');
  expect(await remote.dispatch({ type: 'stop', targets: ['web'] }, 5000)).toMatchObject({
    processes: [{ state: 'STOPPED' }],
  });
  await expect(remote.dispatch({ type: 'start', targets: ['web'] }, 300)).rejects.toThrow(
    'start web: not done within 0.3 s; it goes on',
  );
  await pm.signal('SIGTERM');
  await pm.out.waitFor('stopping: SIGTERM');
  await expect(remote.dispatch({ type: 'start', targets: ['web'] })).rejects.toThrow('cannot start: shutting down');
  expect((await pm.ended).code).toBe(0);
});

test('commands: a service that stops itself, or everything, gets its answer and no deadlock [line 18]', async ({
  folder,
}) => {
  await useRemote(folder);
  await folder.write(
    'ask.pl',
    `
use IO::Socket::UNIX;
$SIG{TERM} = sub { $told = 1 };
my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => 'remote.sock') or die "no socket: $!";
print $s $ARGV[0]; shutdown($s, 1);
$| = 1; print "answer ", join('', <$s>), "\\n";
select(undef, undef, undef, 0.02) until $told;
`,
  );
  const pm = await folder.run(`
plugins: [${remotePlugin}]
processes:
  self: {command: [perl, ask.pl, '{"command": {"type": "stop", "targets": ["self"]}}']}
  all: {command: [perl, ask.pl, '{"command": {"type": "shutdown", "reason": "asked from inside"}}'], initial_state: stopped}
  keeper: {command: [sleep, "600"]}
`);
  await pm.out.waitFor('self-1: answer {"value":{"changed":true');
  await pm.out.waitFor('self-1 ended');
  await folder.pm(['version']).ended;
  const { dispatch } = await useRemote(folder);
  await dispatch({ type: 'start', targets: ['all'] });
  expect(await pm.ended).toEqual({ code: 0, signal: null });
  await pm.out.waitFor('stopping: asked from inside');
});
