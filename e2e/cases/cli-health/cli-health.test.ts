import { expect } from 'vitest';
import { ask } from '../../harness/ask.ts';
import { test } from '../../harness/folder.ts';

test('pm health: a container’s health check [line 39]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  web: {command: [sleep, "600"], ready: {file: up}}
  db: {command: [sleep, "600"]}
  spare: {command: [sleep, "600"], initial_state: stopped}
`);
  await pm.out.waitFor('web-1 started');
  expect(await ask(folder, ['health'])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^web is (RUNNING|STARTING)/) as string,
    err: '',
  });
  expect(await ask(folder, ['health', 'db'])).toEqual({ code: 0, out: 'ok\n', err: '' });
  await folder.write('up', '');
  await pm.out.waitFor('up after');
  expect(await ask(folder, ['health'])).toEqual({ code: 0, out: 'ok\n', err: '' });
  expect(await ask(folder, ['health', 'spare'])).toMatchObject({ code: 1, out: 'spare is STOPPED\n' });
  await pm.stop();
  expect(await ask(folder, ['health'])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('no supervisor answers') as string,
  });
});
