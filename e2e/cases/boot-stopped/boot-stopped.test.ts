import { expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';

test('boot: SIGTERM during a pre_start hook drains at once [line 6]', async ({ folder }) => {
  const pm = await folder.run(`
hooks:
  pre_start: [{name: wait, command: [sh, -c, "touch hook; sleep 60"]}]
processes:
  web: {command: [sh, -c, "touch web; sleep 60"]}
`);
  await until('the hook runs', async () => await folder.exists('hook'));
  const began = Date.now();
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - began).toBeLessThan(5000);
  expect(await folder.exists('web')).toBe(false);
});

test('boot: SIGTERM during a dependency wait drains at once [line 6]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  db: {command: [sleep, "60"], ready: {file: never}}
  web: {command: [sh, -c, "touch web; sleep 60"], depends_on: db}
`);
  await pm.out.waitFor('db-1 started');
  const began = Date.now();
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - began).toBeLessThan(5000);
  expect(await folder.exists('web')).toBe(false);
});
