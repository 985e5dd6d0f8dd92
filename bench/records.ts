import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** A line of programs/record.h. `atMs` is on the clock of `nowMs`. */
export interface BenchRecord {
  readonly what: string;
  readonly pid: number;
  readonly atMs: number;
  readonly count: number;
}

/** What the programs have told, in the order of its arrival. */
export interface Records {
  readonly all: readonly BenchRecord[];
  of(what: string): BenchRecord[];
  /** Resolves with all records called `what` once there are `count` of them; rejects after `withinMs`, saying what there was instead. */
  until(what: string, count: number, withinMs?: number): Promise<BenchRecord[]>;
  close(): void;
}

/** CLOCK_MONOTONIC, which the programs read too. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Makes a FIFO at `path` and reads it until `close`. */
export function openRecords(path: string): Records {
  makeFifo(path);
  // Opened for writing too: writers come and go, and this must not be an end.
  const socket = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), writable: false });
  const all: BenchRecord[] = [];
  const waiters = new Set<() => void>();
  let rest = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    all.push(...lines.map(toRecord));
    waiters.forEach((check) => check());
  });
  const of = (what: string): BenchRecord[] => all.filter((record) => record.what === what);
  const until: Records['until'] = (what, count, withinMs = 60_000) =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = of(what);
        if (found.length < count) return;
        waiters.delete(check);
        clearTimeout(limit);
        resolve(found);
      };
      const limit = setTimeout(() => {
        waiters.delete(check);
        reject(new Error(`${path}: not within ${withinMs} ms: ${count} × "${what}"; there were ${of(what).length}`));
      }, withinMs).unref();
      waiters.add(check);
      check();
    });
  return { all, of, until, close: () => void socket.destroy() };
}

function toRecord(line: string): BenchRecord {
  const [what = '', pid, ns, count] = line.split(' ');
  return { what, pid: Number(pid), atMs: Number(ns) / 1e6, count: Number(count) };
}

/** A pipe as two descriptors. Node has none: its own are sockets, and what is measured is what containers have. */
export function openPipe(path: string): { readonly read: number; readonly write: number } {
  makeFifo(path);
  const both = openSync(path, constants.O_RDWR);
  const pipe = { read: openSync(path, constants.O_RDONLY), write: openSync(path, constants.O_WRONLY) };
  closeSync(both);
  return pipe;
}

function makeFifo(path: string): void {
  const { status, error } = spawnSync('mkfifo', [path]);
  if (status !== 0) throw error ?? new Error(`mkfifo ${path} ended with ${status}`);
}
