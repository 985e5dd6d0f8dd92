import { expect } from 'vitest';
import type { EventMessage } from '@pm-supervisor/client';
import { ask } from '../../harness/ask.ts';
import { test, until } from '../../harness/folder.ts';

const yaml = 'processes:\n  web: {command: [sleep, "600"], reload_signal: CONT}\n';

function parse(text: string): EventMessage[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventMessage);
}

test('pm events: what happened, in words and as JSON, from a number on, of one type', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const { code, out } = await ask(folder, ['events']);
  expect(code).toBe(0);
  expect(out).toMatch(/^\S+Z #1 supervisor\.starting: pm \S+ starts 1 process$/m);
  expect(out).toMatch(/^\S+Z #\d+ instance\.spawned: web-1 started \(pid \d+\)$/m);
  const all = parse((await ask(folder, ['events', '--json'])).out);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  const some = parse((await ask(folder, ['events', '--json', '--since', '1', '--type', 'instance.*'])).out);
  expect(some.map(({ type }) => type)).toEqual(
    all.map(({ type }) => type).filter((type) => type.startsWith('instance.')),
  );
  await pm.stop();
});

test('pm events -f: from now on, each once, until the supervisor stops', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const follow = folder.pm(['events', '-f', '--since', '0', '--json']);
  await until('the past was told', () =>
    parse(follow.out.lines.join('\n')).some(({ type }) => type === 'supervisor.running'),
  );
  await ask(folder, ['restart', 'web']);
  await pm.stop();
  expect(await follow.ended).toEqual({ code: 0, signal: null });
  const told = parse(follow.out.lines.join('\n'));
  expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
  expect(told.filter(({ type }) => type === 'instance.spawned')).toHaveLength(2);
  expect(told.map(({ type }) => type)).toContain('supervisor.draining');
});
