import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, afterEach } from 'vitest';
import { svexecPath } from '../load.ts';

/** An svexec that runs: its own pid is `process.pid`, the service's is in `status`. */
export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Sends a request by its number: `ChildProcess.kill` knows names alone. */
  request(signal: number): void;
  /** Everything that came on the status descriptor, as lines. */
  status(): string[];
  /** Resolves when a status line starts so; rejects when svexec ends without. */
  line(start: string): Promise<string>;
  output(): string;
  /** What came on descriptor 4, with `notify`. */
  notified(): string;
  outputHas(text: string): Promise<void>;
  readonly ended: Promise<Result>;
}

export interface Result {
  readonly status: string[];
  readonly output: string;
  readonly code: number | null;
  readonly signal: string | null;
}

export interface StartOptions {
  /** Words before svexec: `unshare`, `setpriv`. */
  readonly prefix?: readonly string[];
  readonly stdio?: readonly [number, number, number];
  readonly svexec?: string;
  readonly uid?: number;
  /** Descriptor 4 is a pipe that we read. */
  readonly notify?: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'svexec-test-'));
chmodSync(folder, 0o777);
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy that every user can execute. */
export const svexec: string = copyOfSvexec();

function copyOfSvexec(): string {
  const path = svexecPath();
  if (path === undefined) throw new Error('svexec is not built: run `npm run build -w packages/native`');
  copyFileSync(path, join(folder, 'svexec'));
  return join(folder, 'svexec');
}

export function program(name: string): string {
  const copy = join(folder, name);
  if (!existsSync(copy)) copyFileSync(join(import.meta.dirname, 'programs', name), copy);
  return copy;
}

let files = 0;

/** The name of a file that does not exist yet, in a folder that everybody may write to. */
export function freshPath(): string {
  files += 1;
  return join(folder, `file-${files}`);
}

/** Runs `svexec OPTIONS -- PATH WORDS…` to its end. Status comes on descriptor 3. */
export function run(options: readonly string[], command: readonly string[], start: StartOptions = {}): Promise<Result> {
  return startSvexec(options, command, start).ended;
}

/** What `sh -c SCRIPT` is for svexec. */
export function shell(script: string, ...words: string[]): string[] {
  return ['/bin/sh', 'sh', '-c', script, 'sh', ...words];
}

export function perl(name: string, ...words: string[]): string[] {
  return ['/usr/bin/perl', 'perl', program(name), ...words];
}

export function startSvexec(options: readonly string[], command: readonly string[], start: StartOptions = {}): Running {
  const words = ['-i', '3', ...options, '--', ...command];
  const [file, ...before] = [...(start.prefix ?? []), start.svexec ?? svexec];
  return follow(file ?? svexec, [...before, ...words], start);
}

/** Starts any program with descriptor 3 as its status pipe. */
export function follow(file: string, words: readonly string[], start: StartOptions = {}): Running {
  const stdio: StdioOptions = [
    ...(start.stdio ?? (['ignore', 'pipe', 'pipe'] as const)),
    'pipe',
    ...(start.notify ? (['pipe'] as const) : []),
  ];
  const identity = start.uid === undefined ? {} : { uid: start.uid, gid: start.uid };
  const child = spawn(file, words, { stdio, detached: true, ...identity });
  running.add(child);
  const status = collect(child.stdio[3] as Readable);
  const output = collect(child.stdout, child.stderr);
  const notified = start.notify ? collect(child.stdio[4] as Readable) : noStream;
  const ended = endOf(child).then(([code, signal]) => ({
    status: toLines(status.text()),
    output: output.text(),
    code,
    signal,
  }));
  return {
    process: child,
    pid: pidOf(child),
    request: (signal) => void process.kill(pidOf(child), signal),
    status: () => toLines(status.text()),
    line: async (start_) => await status.until((text) => toLines(text).find((line) => line.startsWith(start_))),
    output: output.text,
    notified: notified.text,
    outputHas: async (text) => void (await output.until((all) => (all.includes(text) ? text : undefined))),
    ended,
  };
}

/** Throws when the program could not be started at all. */
export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`could not start ${child.spawnfile}`);
  return child.pid;
}

async function endOf(child: ChildProcess): Promise<[number | null, string | null]> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  running.delete(child);
  return [code, signal];
}

function toLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

const noStream = { text: (): string => '' };

function collect(...streams: ChildProcess['stdout'][]): {
  text(): string;
  until(find: (text: string) => string | undefined): Promise<string>;
} {
  let text = '';
  let wake = (): void => {};
  const open = new Set(streams.filter((stream) => stream !== null));
  for (const stream of open) {
    stream.setEncoding('latin1').on('data', (chunk: string) => ((text += chunk), wake()));
    stream.on('close', () => (open.delete(stream), wake()));
  }
  const search = async (find: (text: string) => string | undefined): Promise<string> => {
    for (;;) {
      const found = find(text);
      if (found !== undefined) return found;
      if (open.size === 0) throw new Error(`ended without it: ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { text: () => text, until: search };
}

/** The processes among `pids` that exist and are not zombies. */
export function survivors(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return false;
    }
  });
}

/** Polls until the condition holds; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The pids that a program of `programs/` wrote to its file. */
export function pidsIn(path: string): number[] {
  return readFileSync(path, 'latin1').trim().split('\n').map(Number);
}

/** Waits until nothing of `pids` is left; throws with those that are after `ms`. */
export async function expectGone(pids: readonly number[], ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (survivors(pids).length > 0) {
    if (performance.now() > deadline) throw new Error(`still there: ${survivors(pids).join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
