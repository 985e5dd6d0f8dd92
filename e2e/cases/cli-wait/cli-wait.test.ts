import { expect } from 'vitest';
import { ask } from '../../harness/ask.ts';
import { test } from '../../harness/folder.ts';

test('pm wait: until it is ready, stopped or completed; 1 when it cannot come, or time is over', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  web: {command: [sleep, "600"], ready: {file: up}}
  migrate: {type: oneshot, command: [sh, -c, "while [ ! -e up ]; do sleep 0.02; done"]}
  bad: {command: [sh, -c, "while [ ! -e up ]; do sleep 0.02; done; exit 3"], restart: never}
`);
  await pm.out.waitFor('bad-1 started');
  expect(await ask(folder, ['wait', 'web', '--timeout', '200ms'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^pm: web is (RUNNING|STARTING)/) as string,
  });
  const ready = ask(folder, ['wait', 'web', '--timeout', '30s']);
  const completed = ask(folder, ['wait', 'migrate', '--for', 'completed']);
  const failed = ask(folder, ['wait', 'bad', 'web', '--for', 'completed']);
  await folder.write('up', '');
  expect(await ready).toEqual({ code: 0, out: '', err: '' });
  expect(await completed).toEqual({ code: 0, out: '', err: '' });
  expect(await failed).toMatchObject({ code: 1, err: expect.stringMatching(/^pm: bad is FAILED: .*exit 3/) as string });
  const stopped = ask(folder, ['wait', 'web', '--for', 'stopped']);
  await ask(folder, ['stop', 'web']);
  expect(await stopped).toEqual({ code: 0, out: '', err: '' });
  await pm.stop();
});
