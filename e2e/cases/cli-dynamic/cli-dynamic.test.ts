import { expect } from 'vitest';
import type { Status } from '@pm-supervisor/client';
import { ask, askJson } from '../../harness/ask.ts';
import { type Folder, test } from '../../harness/folder.ts';

const yaml = `
processes: {web: {command: [sleep, "600"]}}
templates: {"vpn@": {command: [sh, -c, "echo tunnel %i; exec sleep 600"]}}
`;

async function pidsOf(folder: Folder): Promise<Record<string, number | null | undefined>> {
  const { processes } = await askJson<Status>(folder, ['status']);
  return Object.fromEntries(processes.map(({ name, instances }) => [name, instances[0]?.pid]));
}

test('pm add, pm remove: create, leave alone, update, survive a reload, remove [line 17]', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  await folder.write(
    'jobs.yaml',
    'processes:\n  job: {command: [sleep, "${TIME}"], depends_on: base}\n  base: {command: [sleep, "600"]}\n',
  );
  const add = (time: string): ReturnType<typeof ask> => ask(folder, ['add', 'jobs.yaml'], { env: { TIME: time } });
  expect(await add('600')).toEqual({ code: 0, out: 'base created: READY\njob created: READY\n', err: '' });
  expect((await add('600')).out).toBe('base is unchanged: READY\njob is unchanged: READY\n');
  expect((await add('601')).out).toBe('base is unchanged: READY\njob updated: READY\n');
  const before = await pidsOf(folder);
  await folder.write('pm.yaml', yaml.replace('600', '602'));
  await ask(folder, ['reload']);
  expect(await pidsOf(folder)).toEqual({ ...before, web: expect.not.toBeOneOf([before['web']]) as number });
  expect(await ask(folder, ['remove', 'job', 'base'])).toEqual({
    code: 0,
    out: 'job removed\nbase removed\n',
    err: '',
  });
  expect(await ask(folder, ['remove', 'web'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('"web"') as string,
  });
  expect(Object.keys(await pidsOf(folder))).toEqual(['web']);
  await pm.stop();
});

test('pm add -: from standard input; what the gates refuse is shown where it stands [line 17]', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  expect(
    await ask(folder, ['add', '--name', 'nap', '-'], { input: 'command: [sleep, "60"]\ninitial_state: stopped\n' }),
  ).toMatchObject({ code: 0, out: 'nap created: STOPPED\n' });
  const { code, err } = await ask(folder, ['add', '--name', 'bad', '-'], {
    input: 'command: [sleep, "60"]\nrestrat: never\n',
  });
  expect(code).toBe(78);
  expect(err).toContain(
    'standard input:2:1 error processes.bad.restrat: unknown key "restrat"\n  1 | command: [sleep, "60"]\n  2 | restrat: never\n    | ^',
  );
  expect(err).toContain('Did you mean "restart"?');
  await pm.stop();
});

test('pm apply: a labelled set becomes exactly that of a file, and the rest is left alone [line 17]', async ({
  folder,
}) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const set = (...names: string[]): Promise<string> =>
    folder.write('set.yaml', `processes:\n${names.map((name) => `  ${name}: {command: [sleep, "600"]}\n`).join('')}`);
  await set('a', 'b');
  expect(await ask(folder, ['apply', 'set.yaml', '--label', 'owner=me'])).toEqual({
    code: 0,
    out: '+ a\n+ b\n2 changed, 1 unchanged\n',
    err: '',
  });
  const before = await pidsOf(folder);
  await set('b', 'c');
  expect((await ask(folder, ['apply', 'set.yaml', '--label', 'owner=me', '--dry-run'])).out).toBe(
    '+ c\n- a\n2 would change, 2 unchanged\n',
  );
  expect(await pidsOf(folder)).toEqual(before);
  await ask(folder, ['apply', 'set.yaml', '--label', 'owner=me']);
  const { web, b } = before;
  expect(await pidsOf(folder)).toEqual({ web, b, c: expect.any(Number) as number });
  expect((await ask(folder, ['remove', 'label=owner=me'])).out).toBe('c removed\nb removed\n');
  expect(await pidsOf(folder)).toEqual({ web });
  await pm.stop();
});

test('templates: an instance is there when it is asked for, and can be removed [line 17]', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  expect(await ask(folder, ['start', 'vpn@eu'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^vpn@eu is READY \(pid \d+\)\n$/) as string,
  });
  await pm.out.waitFor('vpn@eu-1: tunnel eu');
  expect((await ask(folder, ['stop', 'vpn@us'])).out).toBe('vpn@us is STOPPED already\n');
  expect(pm.out.texts.join('\n')).not.toContain('vpn@us-1 started');
  expect((await ask(folder, ['remove', 'vpn@eu'])).out).toBe('vpn@eu removed\n');
  expect(await ask(folder, ['start', 'vnp@eu'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('vpn@') as string,
  });
  await pm.stop();
});
