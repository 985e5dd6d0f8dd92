import { expect } from 'vitest';
import { ask, askJson } from '../../harness/ask.ts';
import { test } from '../../harness/folder.ts';

test('pm why: the chain from what was asked for to the cause, with its last output', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  web: {command: [sleep, "600"], depends_on: php-fpm}
  php-fpm: {command: [sh, -c, "echo 'unknown directive pm.max'; exit 78"], ready: {after: 60s}, restart_backoff: {initial: 100s, max: 100s, jitter: 0}}
  fine: {command: [sleep, "600"]}
`);
  await pm.out.waitFor('php-fpm-1 restarts in');
  expect(await ask(folder, ['why', 'web'])).toEqual({
    code: 1,
    out: expect.stringMatching(
      /^web is waiting for php-fpm to be ready; php-fpm is in backoff \(attempt 1, next in 1m\d+s\): exit 78, last output: unknown directive pm\.max\.\n$/,
    ) as string,
    err: '',
  });
  expect(await askJson(folder, ['why', 'web'], 1)).toMatchObject([
    {
      name: 'web',
      chain: [
        { process: 'web', waitsFor: ['php-fpm'] },
        { process: 'php-fpm', instance: 'php-fpm-1', state: 'BACKOFF' },
      ],
    },
  ]);
  expect(await ask(folder, ['why', 'fine'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^fine is ready for \d+s\.\n$/) as string,
  });
  expect(await ask(folder, ['why', 'wbe'])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('Did you mean "web"?') as string,
  });
  await pm.stop();
});

test('pm why: what failed for good, what was stopped, and what cannot be started', async ({ folder }) => {
  await folder.write('gone.sh', '#!/bin/sh\n');
  const pm = await folder.run(`
processes:
  keeper: {command: [sleep, "600"]}
  broken: {command: [sh, -c, "exit 3"], restart: never}
  after: {command: [sleep, "600"], depends_on: broken2}
  broken2: {command: [./gone.sh], restart: never, hooks: {pre_start: [{command: [rm, gone.sh]}]}}
  off: {command: [sleep, "600"], initial_state: stopped}
`);
  await pm.out.waitFor('up after');
  await ask(folder, ['stop', 'keeper']);
  const why = async (name: string): Promise<string> => (await ask(folder, ['why', name])).out;
  expect(await why('broken')).toMatch(/^broken has failed: .*exit 3/);
  expect(await why('broken2')).toMatch(/^broken2 has failed: .*gone\.sh/);
  expect(await why('after')).toMatch(/^after has failed: .*"broken2".*gone\.sh/);
  expect(await why('off')).toBe('off is stopped, and nothing asks for it.\n');
  expect(await why('keeper')).toBe('keeper was stopped by a command, and nothing has asked for it since.\n');
  await pm.stop();
});
