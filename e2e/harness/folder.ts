import { access, chmod, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test as base } from 'vitest';
import { startPm, type Pm, type PmOptions } from './pm.ts';

/** A folder of its own for a test, and what it starts there. */
export interface Folder {
  readonly path: string;
  /** Writes a file; `.sh` files are made executable. Returns its path. */
  write(name: string, text: string): Promise<string>;
  /** Text of a file; empty while it does not exist. */
  read(name: string): Promise<string>;
  exists(name: string): Promise<boolean>;
  /**
   * How many processes that run in the folder have this in their command line (words are separated by NUL). Others on
   * the machine do not count: the same case may be running beside this one.
   */
  countProcesses(commandLine: string): Promise<number>;
  /** Their pids. */
  findProcesses(commandLine: string): Promise<readonly number[]>;
  /** Writes `pm.yaml` and starts `pm run` in the folder. */
  run(yaml: string, options?: Partial<PmOptions>): Promise<Pm>;
  /** Starts `pm` with any arguments in the folder. */
  pm(args: readonly string[], options?: Partial<PmOptions>): Pm;
}

/** `test` with a folder. Whatever the test leaves running is killed afterwards; whatever it leaves behind is removed. */
export const test = base.extend<{ folder: Folder }>({
  // Vitest reads which fixtures are wanted from the pattern of the first parameter.
  folder: async ({}, use) => {
    const path = await mkdtemp(join(tmpdir(), 'pm-e2e-'));
    await chmod(path, 0o755);
    const running: Pm[] = [];
    await use(createFolder(path, running));
    for (const pm of running) await endPm(pm);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  },
});

/** Polls until `holds` is true; rejects after `withinMs` (default 15 s), naming `what`. For conditions that nobody announces. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
}

function createFolder(path: string, running: Pm[]): Folder {
  const folder: Folder = {
    path,
    async write(name, text) {
      const file = join(path, name);
      await writeFile(file, text);
      if (name.endsWith('.sh')) await chmod(file, 0o755);
      return file;
    },
    read: (name) => readFile(join(path, name), 'utf8').catch(() => ''),
    exists: (name) =>
      access(join(path, name)).then(
        () => true,
        () => false,
      ),
    countProcesses: async (commandLine) => (await findProcesses(path, commandLine)).length,
    findProcesses: (commandLine) => findProcesses(path, commandLine),
    async run(yaml, options) {
      await folder.write('pm.yaml', yaml);
      return folder.pm(['run'], options);
    },
    pm(args, options = {}) {
      const pm = startPm({ cwd: path, args, ...options });
      running.push(pm);
      return pm;
    },
  };
  return folder;
}

/** A supervisor that is killed takes its services with it only with the helper: it is asked first. */
async function endPm(pm: Pm): Promise<void> {
  if (pm.child.exitCode !== null || pm.child.signalCode !== null) return;
  await pm.signal('SIGTERM').catch(() => undefined);
  await Promise.race([pm.ended, sleep(3000)]);
  await pm.signal('SIGQUIT').catch(() => undefined);
  await Promise.race([pm.ended, sleep(7000)]);
  pm.child.kill('SIGKILL');
}

async function findProcesses(folder: string, commandLine: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => ((await runsIn(pid, folder, commandLine)) ? [Number(pid)] : [])),
  );
  return found.flat();
}

async function runsIn(pid: string, folder: string, commandLine: string): Promise<boolean> {
  try {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return line.includes(commandLine) && (await readlink(`/proc/${pid}/cwd`)) === folder;
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
