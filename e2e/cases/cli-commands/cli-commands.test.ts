import { expect } from 'vitest';
import type { Operation, Status } from '@pm-supervisor/client';
import { ask, askJson } from '../../harness/ask.ts';
import { type Folder, test } from '../../harness/folder.ts';

async function pidsOf(folder: Folder, name: string): Promise<(number | null)[]> {
  const { processes } = await askJson<Status>(folder, ['status', name]);
  return processes[0]?.instances.map(({ pid }) => pid) ?? [];
}

test('pm start, pm stop: do nothing where it is already so, wait for the final state, and start what is needed [line 18]', async ({
  folder,
}) => {
  const pm = await folder.run(`
processes:
  db: {command: [sh, -c, "sleep 0.2; touch up; exec sleep 600"], ready: {file: up}, initial_state: stopped}
  web: {command: [sleep, "600"], depends_on: db, initial_state: stopped}
`);
  await pm.out.waitFor('up after');
  expect(await ask(folder, ['start', 'web'])).toEqual({
    code: 0,
    out: expect.stringMatching(/^web is READY \(pid \d+\)\n$/) as string,
    err: '',
  });
  expect(await ask(folder, ['start', 'web'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^web is READY already/) as string,
  });
  expect(await pidsOf(folder, 'db')).toEqual([expect.any(Number)]);
  expect(await ask(folder, ['stop', 'web', 'db'])).toEqual({
    code: 0,
    out: 'db is STOPPED\nweb is STOPPED\n',
    err: '',
  });
  expect(await ask(folder, ['stop', 'web'])).toMatchObject({ code: 0, out: 'web is STOPPED already\n' });
  await pm.stop();
});

test('pm start: what does not come up is told with its reason and ends with 1', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  keeper: {command: [sleep, "600"]}
  bad: {command: [sh, -c, "exit 7"], initial_state: stopped, restart: never, ready: {after: 30s}}
`);
  await pm.out.waitFor('up after');
  const { code, out, err } = await ask(folder, ['start', 'bad']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^pm: bad is FAILED: .*exit 7/);
  expect(await ask(folder, ['start', 'kepeer'])).toEqual({
    code: 1,
    out: '',
    err: 'pm: there is no process, instance or bundle "kepeer"\n  Did you mean "keeper"?\n',
  });
  await pm.stop();
});

test('pm restart: new processes; --rolling one instance at a time, never without one [line 15]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  web: {command: [sh, -c, "sleep 0.3; echo up; exec sleep 600"], scale: 3, ready: {log: up}}
`);
  await pm.out.waitFor('up after');
  const before = await pidsOf(folder, 'web');
  expect(await ask(folder, ['restart', 'web', '--rolling'])).toEqual({ code: 0, out: 'web is READY\n', err: '' });
  const after = await pidsOf(folder, 'web');
  expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  const { out } = await ask(folder, ['events', '--json', '--type', 'instance.changed']);
  let ready = 0;
  const counts = out
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { from, to } = JSON.parse(line) as { readonly from: string; readonly to: string };
      return (ready += Number(to === 'READY') - Number(from === 'READY'));
    });
  expect(Math.min(...counts.slice(counts.indexOf(3)))).toBe(2);
  expect((await ask(folder, ['restart', 'web-2'])).code).toBe(0);
  expect(await pidsOf(folder, 'web')).toEqual([after[0], expect.not.toBeOneOf(after), after[2]]);
  await pm.stop();
});

test('pm restart --no-wait, --timeout: it goes on [line 18]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  slow: {command: [sh, -c, "trap 'sleep 1; exit 0' TERM; echo up; while :; do sleep 0.02; done"], ready: {log: up}}
`);
  await pm.out.waitFor('up after');
  const [pid] = await pidsOf(folder, 'slow');
  expect(await ask(folder, ['restart', 'slow', '--timeout', '100ms'])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('restart slow: not done in time; it goes on') as string,
  });
  await pm.out.waitFor('slow-1: up', { times: 2 });
  expect(await pidsOf(folder, 'slow')).not.toEqual([pid]);
  expect(await ask(folder, ['restart', 'slow', '--no-wait'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^restart slow: accepted \(operation \S+\)\n$/) as string,
  });
  await pm.out.waitFor('slow-1: up', { times: 3 });
  await pm.stop();
});

test('pm scale: to a number, and by one [line 14]', async ({ folder }) => {
  const pm = await folder.run('processes:\n  queue: {command: [sleep, "600"], max_scale: 4}\n');
  await pm.out.waitFor('up after');
  expect((await ask(folder, ['scale', 'queue', '3'])).out).toBe('queue has 3 instances: READY\n');
  expect((await ask(folder, ['scale', 'queue', '-1'])).out).toBe('queue has 2 instances: READY\n');
  expect((await ask(folder, ['scale', 'queue', '+1'])).out).toBe('queue has 3 instances: READY\n');
  expect((await ask(folder, ['scale', 'queue', '3'])).out).toBe('queue has 3 instances already: READY\n');
  expect((await ask(folder, ['scale', 'queue', '0'])).out).toBe('queue has 0 instances: STOPPED\n');
  expect(await ask(folder, ['scale', 'queue', '9'])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('4') as string,
  });
  await pm.stop();
});

test('pm signal, pm reload NAME: reach the process', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  web: {command: [sh, -c, "trap 'echo got usr1' USR1; trap 'echo got hup' HUP; echo up; while :; do sleep 0.02; done"], ready: {log: up}, reload_signal: HUP}
  off: {command: [sleep, "600"], initial_state: stopped}
`);
  await pm.out.waitFor('up after');
  expect(await ask(folder, ['signal', 'web', 'usr1'])).toMatchObject({ code: 0, out: 'usr1 sent to web\n' });
  await pm.out.waitFor('web-1: got usr1');
  expect(await ask(folder, ['reload', 'web'])).toMatchObject({ code: 0, out: 'web is reloaded\n' });
  await pm.out.waitFor('web-1: got hup');
  expect(await ask(folder, ['signal', 'off', 'HUP'])).toMatchObject({
    code: 1,
    err: 'pm: nothing of off runs that could get it\n',
  });
  expect(await ask(folder, ['signal', 'web', 'HUPP'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no signal SIGHUPP') as string,
  });
  expect(await ask(folder, ['reload', 'off'])).toMatchObject({ code: 1 });
  await pm.stop();
});

test('a command while everything stops: refused, with a clear word [line 18]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  slow: {command: [sh, -c, "trap 'while [ ! -e go ]; do sleep 0.02; done; exit 0' TERM; echo up; while :; do sleep 0.02; done"], ready: {log: up}}
`);
  await pm.out.waitFor('up after');
  await pm.signal('SIGTERM');
  await pm.out.waitFor('stopping: SIGTERM');
  expect(await ask(folder, ['start', 'slow'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('shutting down') as string,
  });
  expect(await askJson<Status>(folder, ['status'], 1)).toMatchObject({ phase: 'draining' });
  await folder.write('go', '');
  expect((await pm.ended).code).toBe(0);
});

test('--json: every command answers with its operation', async ({ folder }) => {
  const pm = await folder.run('processes:\n  web: {command: [sleep, "600"], reload_signal: CONT}\n');
  await pm.out.waitFor('up after');
  for (const args of [
    ['stop', 'web'],
    ['start', 'web'],
    ['restart', 'web'],
    ['reload', 'web'],
    ['signal', 'web', 'CONT'],
    ['scale', 'web', '2'],
    ['reload'],
  ]) {
    expect(await askJson<Operation>(folder, args)).toMatchObject({ state: 'succeeded', caller: 'api:socket' });
  }
  await pm.stop();
});
