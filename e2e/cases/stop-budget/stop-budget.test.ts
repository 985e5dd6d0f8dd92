import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

test('stop budget: when it ends, everything left is killed and each culprit is named with what it was in [line 24]', async ({
  folder,
}) => {
  const pm = await folder.run(`
global: {shutdown_timeout: 700ms}
processes:
  db: {command: [sh, -c, "echo up; exec sleep 600"]}
  deaf: {command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 0.05; done"], depends_on: db}
  hook:
    command: [sh, -c, "echo up; exec sleep 600"]
    hooks: {pre_stop: [{name: flush, command: [sleep, "600"], timeout: 600s}]}
`);
  await pm.out.waitFor(/: up$/, { times: 3 });
  const began = Date.now();
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - began).toBeLessThan(10_000);
  await pm.out.waitFor('deaf-1 was killed at the end of the shutdown budget; it was in: SIGTERM (grace period 30 s)');
  await pm.out.waitFor('hook-1 was killed at the end of the shutdown budget; it was in: pre_stop hook flush');
  await pm.out.waitFor('db-1 was killed at the end of the shutdown budget; it was in: its turn, after deaf');
  expect(await folder.countProcesses('sleep\u0000600')).toBe(0);
});

test('stop budget: pm check warns when the longest stop exceeds it, and says the number to set [line 24]', async ({
  folder,
}) => {
  await folder.write(
    'pm.yaml',
    `
processes:
  php-fpm: {command: [sleep, "600"]}
  nginx: {command: [sleep, "600"], depends_on: php-fpm}
`,
  );
  const check = folder.pm(['check']);
  expect((await check.ended).code).toBe(0);
  const said = [...check.out.texts, ...check.err.texts].join('\n');
  expect(said).toContain('a stop may take 1m (nginx 30s → php-fpm 30s), but everything is killed after 30s');
  expect(said).toContain('terminationGracePeriodSeconds / stop_grace_period to 65 s');
  expect((await folder.pm(['check', '--strict']).ended).code).toBe(78);
});

test('stop budget: shutdown_timeout auto is the sum along the longest path [line 24]', async ({ folder }) => {
  await folder.write(
    'pm.yaml',
    `
global: {shutdown_timeout: auto}
processes:
  php-fpm: {command: [sleep, "600"], shutdown: {timeout: 10s}}
  nginx: {command: [sleep, "600"], depends_on: php-fpm, shutdown: {timeout: 5s}}
`,
  );
  expect((await folder.pm(['check', '--strict']).ended).code).toBe(0);
  const plan = folder.pm(['plan']);
  await plan.out.waitFor(/nginx 5s → php-fpm 10s = 15s/);
});
