import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Folder } from './folder.ts';
import { pmPath } from './pm.ts';

/** What a verb answered. */
export interface Asked {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface AskOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; default: none. */
  readonly input?: string;
}

/** Runs a verb against the supervisor of a folder and waits for its end. */
export async function ask(
  { path }: Folder,
  args: readonly string[],
  { env = {}, input }: AskOptions = {},
): Promise<Asked> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const child = spawn(process.execPath, [pmPath, ...args], {
    cwd: path,
    env: { PATH, LANG: 'C.UTF-8', TZ: 'UTC', PM_RUNTIME_DIR: `${path}/.run`, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** Runs a verb with `--json` and returns its answer. Throws where it answers on standard error, or with another code. */
export async function askJson<T>(folder: Folder, args: readonly string[], code = 0): Promise<T> {
  const asked = await ask(folder, [...args, '--json']);
  if (asked.code !== code || asked.err !== '')
    throw new Error(`pm ${args.join(' ')} ended with ${asked.code}: ${asked.err}${asked.out}`);
  return JSON.parse(asked.out) as T;
}
