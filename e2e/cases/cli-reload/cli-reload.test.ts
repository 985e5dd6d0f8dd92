import { expect } from 'vitest';
import type { Status } from '@pm-supervisor/client';
import { ask, askJson } from '../../harness/ask.ts';
import { test } from '../../harness/folder.ts';

const yaml =
  'processes:\n  web: {command: [sleep, "600"]}\n  old: {command: [sleep, "600"]}\n  keep: {command: [sleep, "600"]}\n';

test('pm reload: --dry-run shows what would change and changes nothing; a reload changes just that [line 16]', async ({
  folder,
}) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const pids = async (): Promise<unknown> =>
    Object.fromEntries(
      (await askJson<Status>(folder, ['status'])).processes.map(({ name, instances }) => [name, instances[0]?.pid]),
    );
  const before = (await pids()) as Record<string, number>;
  await folder.write(
    'pm.yaml',
    yaml.replace('web: {command: [sleep, "600"]', 'web: {command: [sleep, "601"]').replace('old:', 'new:'),
  );
  const lines = ['+ new', '- old', '~ web: command (restarts)'];
  expect(await ask(folder, ['reload', '--dry-run'])).toEqual({
    code: 0,
    out: `${lines.join('\n')}\n3 would change, 1 unchanged\n`,
    err: '',
  });
  expect(await pids()).toEqual(before);
  expect(await ask(folder, ['reload'])).toEqual({
    code: 0,
    out: `${lines.join('\n')}\n3 changed, 1 unchanged\n`,
    err: '',
  });
  expect(await pids()).toEqual({
    web: expect.not.toBeOneOf([before['web']]) as number,
    keep: before['keep'],
    new: expect.any(Number) as number,
  });
  expect((await ask(folder, ['reload'])).out).toBe('nothing changed, 3 unchanged\n');
  await pm.stop();
});

test('pm reload: a broken file changes nothing, and is told with its place [line 16]', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  await folder.write('pm.yaml', `${yaml}  bad: {comand: [x]}\n`);
  for (const args of [['reload'], ['reload', '--dry-run']]) {
    const { code, out, err } = await ask(folder, args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/pm\.yaml:5:\d+ processes\.bad\.comand: unknown key "comand"\n +Did you mean "command"\?/);
  }
  expect((await ask(folder, ['status'])).code).toBe(0);
  await pm.stop();
});
