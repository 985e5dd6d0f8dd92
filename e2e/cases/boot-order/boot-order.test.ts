import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

const forever = '[sh, -c, "echo $PM_PROCESS >> order; echo up; exec sleep 60"]';

test('boot order: a dependent never starts before the oneshot it depends on has succeeded [line 3]', async ({
  folder,
}) => {
  const pm = await folder.run(`
processes:
  migrate: {type: oneshot, command: [sh, -c, "sleep 0.3; echo migrated >> order"]}
  web: {command: ${forever}, depends_on: migrate}
`);
  await pm.out.waitFor('web-1: up');
  await pm.stop();
  expect(await folder.read('order')).toBe('migrated\nweb\n');
});

test('boot order: ready waits for readiness, started only for the spawn [line 3]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  slow: {command: [sh, -c, "sleep 0.5; echo slow-is-ready >> order; touch ready; exec sleep 60"], ready: {file: ready}}
  early: {command: ${forever}, depends_on: {slow: {condition: started}}}
  late: {command: ${forever}, depends_on: slow}
`);
  await pm.out.waitFor('late-1: up');
  await pm.stop();
  expect(await folder.read('order')).toBe('early\nslow-is-ready\nlate\n');
});

test('boot order: independent processes start in parallel, in no global queue [line 2]', async ({ folder }) => {
  // Each waits for the other's file: started one after the other, neither would ever get ready.
  const meet = (mine: string, other: string): string =>
    `[sh, -c, "touch ${mine}; while [ ! -e ${other} ]; do sleep 0.02; done; touch ${mine}-ready; exec sleep 60"]`;
  const pm = await folder.run(`
processes:
  a: {command: ${meet('a', 'b')}, ready: {file: a-ready}}
  b: {command: ${meet('b', 'a')}, ready: {file: b-ready}}
`);
  await pm.out.waitFor('up after');
  expect((await pm.stop()).code).toBe(0);
});

test('boot order: a wave of priority opens when the earlier one is spawned, and dependencies win [line 4]', async ({
  folder,
}) => {
  const pm = await folder.run(`
processes:
  last: {command: ${forever}, priority: 200}
  first: {command: ${forever}, priority: 10, depends_on: needed}
  needed: {command: ${forever}, priority: 300, ready: {after: 200ms}}
  middle: {command: ${forever}, priority: 100}
`);
  await pm.out.waitFor('last-1: up');
  await pm.stop();
  const started = pm.out.texts.flatMap((text) => /^pm: (\w+)-1 started/.exec(text)?.[1] ?? []);
  expect(started).toEqual(['needed', 'first', 'middle', 'last']);
});

test('boot order: what can never come fails the dependent at once, and says who is to blame [line 5]', async ({
  folder,
}) => {
  const pm = await folder.run(`
global: {on_idle: stay}
processes:
  off: {enabled: false, command: [sleep, "60"]}
  broken: {type: oneshot, required: false, command: [sh, -c, "exit 3"]}
  slow: {command: [sleep, "60"], ready: {file: never}}
  a: {command: [sleep, "60"], depends_on: off}
  b: {command: [sleep, "60"], depends_on: broken}
  c: {command: [sleep, "60"], depends_on: {slow: {timeout: 300ms}}}
  d: {command: [sleep, "60"], depends_on: {off: {optional: true}}}
`);
  await pm.out.waitFor('a-1 failed: its dependency "off" is not running and nothing starts it');
  await pm.out.waitFor('b-1 failed: its dependency "broken" failed (exit 3');
  await pm.out.waitFor('c-1 failed: waited 0.3 s for "slow" to be ready');
  await pm.out.waitFor('d-1 started');
  expect((await pm.stop()).code).toBe(0);
});
