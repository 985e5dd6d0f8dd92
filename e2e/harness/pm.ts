import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createWatchedLines, type WatchedLines } from './watched-lines.ts';

/** The built command, as users get it. */
export const pmPath: string = fileURLToPath(new URL('../../packages/cli/dist/pm.js', import.meta.url));

export interface PmOptions {
  /** After `pm`; default `['run']`. */
  readonly args?: readonly string[];
  readonly cwd: string;
  /** Another `pm` than the built one: one that was installed from its tarball. */
  readonly pm?: string;
  /** Another Node than that of the test. */
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Run as PID 1 of a namespace of its own. */
  readonly pid1?: boolean;
  /** A command line to put in front (`setpriv …`), split at spaces. */
  readonly under?: string;
  /** `pipe` (default) is read by the test; `stuck` is a pipe that nobody reads before `unstick`. */
  readonly stdout?: 'pipe' | 'stuck';
}

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run of `pm`. */
export interface Pm {
  readonly child: ChildProcess;
  readonly ended: Promise<End>;
  /** Lines of stdout: as they came, parsed where they are JSON, and to wait for. */
  readonly out: WatchedLines;
  readonly err: WatchedLines;
  /** The pid to signal: of `pm` itself, also inside a namespace. */
  pid(): Promise<number>;
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Begins to read a stuck stdout. */
  unstick(): void;
  /** Stops it and waits for its end; the code. */
  stop(signal?: NodeJS.Signals): Promise<End>;
}

/** Starts the real `pm`. The caller ends it; `useFolder` does so for whatever a test leaves behind. */
export function startPm(options: PmOptions): Pm {
  const {
    args = ['run'],
    cwd,
    env = {},
    under,
    pid1 = false,
    stdout = 'pipe',
    pm = pmPath,
    node = process.execPath,
  } = options;
  const argv = [
    ...(under === undefined ? [] : under.split(' ')),
    ...(pid1 ? ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] : []),
    node,
    pm,
    ...args,
  ];
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    cwd,
    env: { ...toCleanEnv(), PM_RUNTIME_DIR: `${cwd}/.run`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // `close` comes when all output was read too; with an output that nobody reads it would never come.
  const ended = once(child, stdout === 'stuck' ? 'exit' : 'close').then(([code, signal]) => ({ code, signal }));
  const err = createWatchedLines(child.stderr ?? undefined, ended);
  const out = createWatchedLines(child.stdout, ended, err);
  if (stdout === 'stuck') child.stdout.pause();
  const pid = async (): Promise<number> => toTarget(pid1 ? await findOnlyChild(child.pid) : child.pid);
  const signal = async (name: NodeJS.Signals): Promise<void> => void process.kill(await pid(), name);
  return {
    child,
    ended,
    out,
    err,
    pid,
    signal,
    unstick: () => void child.stdout.resume(),
    async stop(name = 'SIGTERM') {
      await signal(name);
      return ended;
    },
  };
}

/** What the machine of the test happens to set must not decide it. */
function toCleanEnv(): Record<string, string> {
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin', PM_NATIVE } = process.env;
  return { PATH, LANG: 'C.UTF-8', TZ: 'UTC', ...(PM_NATIVE === undefined ? {} : { PM_NATIVE }) };
}

async function findOnlyChild(parent: number | undefined): Promise<number | undefined> {
  const { readFile } = await import('node:fs/promises');
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
  return Number(children.trim().split(' ')[0]);
}

/** A signal to pid 0 would be one to our own process group: the test runner and all that it runs in. */
function toTarget(pid: number | undefined): number {
  if (pid === undefined || !(pid > 1)) throw new Error('pm is not running: there is nobody to signal');
  return pid;
}
