import { expect } from 'vitest';
import { ask } from '../../harness/ask.ts';
import { test, until } from '../../harness/folder.ts';
import { startInTerminal } from '../../harness/pty.ts';

const yaml = `
name: shop
processes:
  web: {command: [sh, -c, "echo hello from web; exec sleep 600"]}
  queue: {command: [sh, -c, "echo job; exec sleep 600"], scale: 2}
`;

/** Colours off, lines wrap, the cursor is there, the old screen is back. */
const givenBack = '\u001B[0m\u001B[?7h\u001B[?25h\u001B[?1049l';

test('pm top: shows what runs and what the chosen one writes; keys steer it; leaving it stops nothing', async ({
  folder,
  onTestFinished,
}) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const terminal = await startInTerminal(folder, ['top'], onTestFinished);
  await terminal.shows(
    /shop: running for \d+s.*2 of 2 fine[\s\S]*web +web-1 +READY[\s\S]*── web-1 [\s\S]*hello from web/,
  );
  terminal.type('\u001B[B');
  await terminal.shows(/── queue-1 [\s\S]*job/);
  terminal.type('+');
  await terminal.shows(/queue +queue-3 +READY/);
  terminal.type('s');
  await terminal.shows('stop queue-1? y/n');
  terminal.type('y');
  await terminal.shows(/queue +queue-1 +STOPPED/);
  terminal.type('q');
  expect((await terminal.ended()).code).toBe(0);
  expect(terminal.output.endsWith(givenBack)).toBe(true);
  await until('nobody guards the terminal', async () => (await folder.countProcesses('read -r _; stty')) === 0);
  expect((await ask(folder, ['status', 'web'])).code).toBe(0);
  await pm.stop();
});

test('pm top: draws anew when the terminal gets another size', async ({ folder, onTestFinished }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const terminal = await startInTerminal(folder, ['top'], onTestFinished);
  await terminal.shows('hello from web');
  for (const [columns, rows] of [
    [50, 8],
    [140, 40],
    [20, 5],
  ] as const) {
    await terminal.resize(columns, rows);
    await until(`a screen of ${columns} by ${rows}`, () => {
      const lines = terminal.screen.split('\n');
      return lines.length === rows && lines.every((line) => line.length <= columns);
    });
  }
  terminal.type('\u0003');
  expect((await terminal.ended()).code).toBe(0);
  await pm.stop();
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const) {
  test(`pm top: ${signal} ends it, and the terminal is as it was`, async ({ folder, onTestFinished }) => {
    const pm = await folder.run(yaml);
    await pm.out.waitFor('up after');
    const terminal = await startInTerminal(folder, ['top'], onTestFinished);
    await terminal.shows('hello from web');
    const taken = await terminal.settings();
    await terminal.signal(signal);
    const { code: ended, before, after } = await terminal.ended();
    expect(ended).toBe(code);
    expect(before).not.toBe(taken);
    expect(after).toBe(before);
    // The shell may say after it how it ended.
    expect(terminal.output.split(givenBack).at(-1)).not.toContain('\u001B');
    expect(terminal.output).toContain(givenBack);
    await pm.stop();
  });
}

test('pm top: killed, it cannot give the terminal back, and yet that is as it was', async ({
  folder,
  onTestFinished,
}) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const terminal = await startInTerminal(folder, ['top'], onTestFinished, { staysFor: 'back' });
  await terminal.shows('hello from web');
  const taken = await terminal.settings();
  await terminal.signal('SIGKILL');
  await until('the terminal is given back', () => terminal.output.includes(givenBack));
  await until('its settings are those from before', async () => (await terminal.settings()) !== taken);
  await folder.write('back', '');
  const { code, before, after } = await terminal.ended();
  expect(code).toBe(137);
  expect(after).toBe(before);
  expect(terminal.output.split(givenBack)).toHaveLength(2);
  await until('nobody guards it any more', async () => (await folder.countProcesses('read -r _; stty')) === 0);
  await pm.stop();
});

test('pm top: Ctrl+Z gives the terminal back until it goes on', async ({ folder, onTestFinished }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const terminal = await startInTerminal(folder, ['top'], onTestFinished);
  await terminal.shows('hello from web');
  const taken = await terminal.settings();
  terminal.type('\u001A');
  await until('the terminal is given back', () => terminal.output.endsWith(givenBack));
  await until('its settings are those from before', async () => (await terminal.settings()) !== taken);
  await terminal.signal('SIGCONT');
  await until('it is taken over again', async () => (await terminal.settings()) === taken);
  await until(
    'it is drawn again',
    () => !terminal.output.endsWith(givenBack) && terminal.screen.includes('hello from web'),
  );
  terminal.type('q');
  expect((await terminal.ended()).code).toBe(0);
  await pm.stop();
});

test('pm top: outlives the supervisor, and can be left', async ({ folder, onTestFinished }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const terminal = await startInTerminal(folder, ['top'], onTestFinished);
  await terminal.shows('hello from web');
  await pm.stop();
  await terminal.shows('connection lost, trying again');
  const again = await folder.run(yaml);
  await terminal.shows(/2 of 2 fine[\s\S]*hello from web/);
  terminal.type('q');
  expect((await terminal.ended()).code).toBe(0);
  await again.stop();
});

test('pm top: without a terminal, or without a supervisor, says so and touches nothing', async ({
  folder,
  onTestFinished,
}) => {
  expect(await ask(folder, ['top'])).toMatchObject({
    code: 64,
    out: '',
    err: expect.stringContaining('pm top needs a terminal') as string,
  });
  const terminal = await startInTerminal(folder, ['top'], onTestFinished);
  expect((await terminal.ended()).code).toBe(3);
  expect(terminal.output).toContain('no supervisor answers');
  expect(terminal.output).not.toContain('\u001B[?1049h');
});
