import { closeSync, readFileSync, writeSync } from 'node:fs';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { once } from 'node:events';
import { loadSys, svexecPath, type Sys } from '@pm-supervisor/native';
import { describe, expect, test } from 'vitest';
import { fixture, modes, run, spawnerOf } from './fixtures/spawning.ts';
import { openOutput } from './own-output.ts';
import { openTerminal, readTerminal } from './terminal.ts';

const sys = loadSys() as Sys;

/** Runs a fixture on a terminal of its own, as a container with `-t` does. */
function runOnTerminal(...args: string[]): {
  readonly output: () => string;
  type(text: string): void;
  readonly exited: Promise<unknown[]>;
} {
  const { master, service } = openTerminal(sys);
  const command = [
    '-S',
    '-s',
    '-t',
    '-i',
    '3',
    '--',
    process.execPath,
    process.execPath,
    '--conditions=@pm-supervisor/source',
    ...args,
  ];
  const child = spawn(svexecPath() ?? '', command, { stdio: [service, service, service, 'pipe'], detached: true });
  closeSync(service);
  (child.stdio[3] as Readable | null)?.resume();
  let output = '';
  readTerminal(master).on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { output: () => output, type: (text) => void writeSync(master, text), exited: once(child, 'exit') };
}

describe.each(modes)('[line 27] a command in the foreground $mode', ({ helper }) => {
  const flag = helper ? 'yes' : 'no';

  test('reads from the terminal and writes to it', { timeout: 20_000 }, async () => {
    const terminal = runOnTerminal(
      fixture('run-in-front.ts'),
      flag,
      'sh',
      '-c',
      'echo ready; read -r line; echo "got $line"; test -t 1; exit $?',
    );
    await expect.poll(terminal.output, { timeout: 10_000 }).toMatch(/ready/);
    terminal.type('typed\n');
    await expect.poll(terminal.output).toMatch(/got typed[^]*ended 0/);
    await terminal.exited;
  });

  test('gets Ctrl-C', { timeout: 20_000 }, async () => {
    const terminal = runOnTerminal(
      fixture('run-in-front.ts'),
      flag,
      'sh',
      '-c',
      'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.05; done',
    );
    await expect.poll(terminal.output, { timeout: 10_000 }).toMatch(/ready/);
    terminal.type('\x03');
    await expect.poll(terminal.output).toMatch(/caught[^]*ended 5/);
    await terminal.exited;
  });
});

describe('output to a terminal', () => {
  test('arrives whole, also when more is written than it holds', async () => {
    const { master, service } = openTerminal(sys);
    const output = openOutput({ fd: service });
    expect(output).toMatchObject({ kind: 'terminal', isTerminal: true });
    const line = `${'x'.repeat(999)}\n`;
    for (let count = 0; count < 200; count++) output.write(line);
    let received = 0;
    readTerminal(master).on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    expect(await output.end(5_000)).toBe(true);
    // The terminal makes \r\n of \n.
    await expect.poll(() => received).toBe(200 * 1_001);
  });

  test('a terminal that somebody stopped with Ctrl-S does not stop us', async () => {
    const { master, service } = openTerminal(sys);
    writeSync(master, '\x13');
    const output = openOutput({ fd: service });
    while (output.write('x'.repeat(1_000)));
    const begin = performance.now();
    expect(await output.end(100)).toBe(false);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(100);
    expect(output.lost).toBeGreaterThan(0);
    closeSync(service);
    closeSync(master);
  });
});

test('what a child does to inherited output does not change ours', async () => {
  const flags = (): string | undefined => /flags:\s+(\d+)/.exec(readFileSync('/proc/self/fdinfo/1', 'utf8'))?.[1];
  const before = flags();
  await run(
    spawnerOf(true),
    ['perl', '-MFcntl', '-e', 'fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK)'],
    { output: 'inherit' },
  );
  expect(flags()).toBe(before);
});
