import { stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';
import type { Status } from '@pm-supervisor/client';
import { ask, askJson } from '../../harness/ask.ts';
import { test, until } from '../../harness/folder.ts';
import { startInTerminal } from '../../harness/pty.ts';

const yaml = `
name: shop
processes:
  web: {command: [sleep, "600"], labels: {tier: front}}
  queue: {command: [sleep, "600"], scale: 2}
  migrate: {type: oneshot, command: ["true"]}
  spare: {command: [sleep, "600"], initial_state: stopped}
bundles: {work: [queue, spare]}
`;

test('pm status: a line for every instance, exit 0 when all is fine', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const { code, out, err } = await ask(folder, ['status']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(
    /^pm \S+, shop: running for \d+s, pid \d+\n\nPROCESS +INSTANCE +STATE +READY +PID +UPTIME +RESTARTS +CPU +MEMORY +LAST EXIT\n/,
  );
  for (const line of [
    /^web +web-1 +READY +yes +\d+ +\d+s +0 +[\d.]+% +[\d.]+ \w+$/m,
    /^queue +queue-2 +READY/m,
    /^migrate +migrate-1 +COMPLETED .* exit 0, \d+s ago$/m,
    /^spare +STOPPED$/m,
  ]) {
    expect(out).toMatch(line);
  }
  await pm.stop();
});

test('pm status: names, bundles and labels; --json is what the API says', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const names = async (...args: string[]): Promise<string[]> =>
    (await askJson<Status>(folder, ['status', ...args])).processes.map(({ name }) => name);
  expect(await names()).toEqual(['web', 'queue', 'migrate', 'spare']);
  expect(await names('work')).toEqual(['queue', 'spare']);
  expect(await names('label=tier=front', 'migrate')).toEqual(['web', 'migrate']);
  expect(await askJson(folder, ['status', 'web'])).toMatchObject({
    name: 'shop',
    phase: 'running',
    processes: [{ instances: [{ pid: expect.any(Number) as number, rss_bytes: expect.any(Number) as number }] }],
  });
  await pm.stop();
});

test('pm status: exit 1 when something is not as it should be, 3 when no pm runs', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  web: {command: [sleep, "600"]}
  bad: {command: [sh, -c, "exit 7"], restart: never}
`);
  await pm.out.waitFor('bad-1 failed');
  const { code, out } = await ask(folder, ['status']);
  expect(code).toBe(1);
  expect(out).toMatch(/^bad +bad-1 +FAILED .* exit 7, \d+s ago +exit 7/m);
  expect((await ask(folder, ['status', 'web'])).code).toBe(0);
  await pm.stop();
  const { code: none, err } = await ask(folder, ['status']);
  expect(none).toBe(3);
  expect(err).toContain(`no supervisor answers at ${folder.path}/.run/pm.sock`);
});

test('pm status --watch: shows what changes, and ends with the supervisor', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const watch = folder.pm(['status', '--watch', '--json', 'spare']);
  const shows = (state: string) => () => watch.out.lines.some((line) => line.includes(`"state":"${state}"`));
  await until('spare is shown as stopped', shows('STOPPED'));
  await ask(folder, ['start', 'spare']);
  await until('spare is shown as ready', shows('READY'));
  await pm.stop();
  expect(await watch.ended).toEqual({ code: 0, signal: null });
});

test('pm status --watch: on a terminal in place, as much as fits, and what was scrolled away stays', async ({
  folder,
  onTestFinished,
}) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const terminal = await startInTerminal(folder, ['status', '--watch'], onTestFinished);
  const last = (): string => terminal.output.split('\u001B[H').at(-1) ?? '';
  await until('the table is there', () => /PROCESS.*spare/s.test(last()));
  await ask(folder, ['start', 'spare']);
  await until('the change is shown', () => /spare +spare-1.*READY/.test(stripVTControlCharacters(last())));
  await terminal.resize(100, 5);
  await until(
    'it is cut',
    () => /^… \d+ more lines/m.test(stripVTControlCharacters(last())) && last().split('\n').length === 5,
  );
  expect(terminal.output).not.toContain('\u001B[3J');
  await terminal.signal('SIGINT');
  expect((await terminal.ended()).code).toBe(130);
  await pm.stop();
});
