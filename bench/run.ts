import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, listTree, type ProcessId, readProcess } from './proc.ts';
import type { Programs } from './programs.ts';
import { nowMs, openPipe, openRecords, type Records } from './records.ts';

/** What a run needs to begin. */
export interface RunRequest {
  /** Empty, and the run's own. */
  readonly folder: string;
  readonly programs: Programs;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Bytes a second; undefined: as fast as can be. */
  readonly readerRate?: number | undefined;
}

/** A program under measurement, with a reader behind its output and the records of all it starts. */
export interface Run {
  /** Where its configuration and whatever it keeps are. */
  readonly folder: string;
  readonly pid: number;
  readonly records: Records;
  /** Of the reader of its output. */
  readonly readerPid: number;
  /** Resolves with the moment its end was seen. */
  readonly ended: Promise<number>;
  /** As `records.until`, and rejects with what it said on stderr when it ends before that. */
  until: Records['until'];
  /** The processes that are its own: everything below it but the services. */
  listOwn(): number[];
  signal(signal: NodeJS.Signals): void;
  /** Kills whatever is left of it. Idempotent. */
  close(): Promise<void>;
}

/** Starts a program through `launch`, so that its first record is the moment of its exec. */
export function startRun(request: RunRequest): Run {
  const { folder, programs, argv, readerRate } = request;
  const records = openRecords(join(folder, 'events'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LANG: 'C.UTF-8',
    ...request.env,
    BENCH_EVENTS: join(folder, 'events'),
  };
  const { read, write } = openPipe(join(folder, 'output'));
  const reader = spawn(programs.sink, readerRate === undefined ? [] : [String(readerRate)], {
    env,
    stdio: [read, 'ignore', 'inherit'],
  });
  const errors = openSync(join(folder, 'errors'), 'a');
  const child = spawn(programs.launch, argv, { cwd: folder, env, stdio: ['ignore', write, errors], detached: true });
  [read, write, errors].forEach((fd) => closeSync(fd));
  const pid = child.pid ?? 0;
  const seen = new Map<number, ProcessId>();
  const services = (): Set<number> => new Set(records.of('started').map((record) => record.pid));
  const listOwn = (): number[] => {
    const all = listTree(pid);
    all.forEach((found) => seen.set(found.pid, found));
    const known = services();
    return all.map((found) => found.pid).filter((found) => !known.has(found));
  };
  const ended = once(child, 'exit').then(nowMs);
  const until: Records['until'] = (what, count, withinMs) => {
    const early = ended.then(() => {
      if (records.of(what).length >= count) return records.of(what);
      throw new Error(
        `${argv.join(' ')} ended before ${count} × "${what}":\n${readFileSync(join(folder, 'errors'), 'utf8')}`,
      );
    });
    return Promise.race([records.until(what, count, withinMs), early]);
  };
  return {
    folder,
    pid,
    records,
    readerPid: reader.pid ?? 0,
    ended,
    until,
    listOwn,
    signal(signal) {
      // What a supervisor leaves to init when it goes is found again only by who noted it before.
      listOwn();
      process.kill(pid, signal);
    },
    async close() {
      listOwn();
      await endAll(child, [
        ...seen.values(),
        ...[...services()].map(readProcess).filter((found) => found !== undefined),
      ]);
      reader.kill('SIGKILL');
      records.close();
    },
  };
}

/** Supervisors before services, or they would start them again; until nothing is left. */
async function endAll(child: ChildProcess, known: readonly ProcessId[]): Promise<void> {
  const left = new Map(known.map((found) => [found.pid, found]));
  for (let step = 0; step < 500; step++) {
    const tree = child.exitCode === null && child.signalCode === null ? listTree(child.pid ?? 0) : [];
    tree.forEach((found) => left.set(found.pid, found));
    const alive = [...left.values()].filter(isAlive);
    if (alive.length === 0) return;
    alive.forEach(kill);
    await sleep(10);
  }
  throw new Error(`could not end ${[...left.keys()].join(', ')}`);
}

function kill({ pid }: ProcessId): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}
