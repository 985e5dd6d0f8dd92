import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../errors.ts';
import type { Diagnostic, Position } from '../config/diagnostic.ts';
import type { Clock } from './clock.ts';

export interface ModuleEvaluatorOptions {
  readonly clock: Clock;
  /** Environment of the child; the supervisor's own secrets are the caller's to remove. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Kills what is being evaluated: the supervisor ends before it has begun. */
  readonly signal?: AbortSignal;
  /** Default 10 s. */
  readonly timeLimitMs?: number;
  /** Default 4 MiB of JSON. */
  readonly sizeLimit?: number;
  /** What the module printed, when it printed anything and succeeded. At most 64 KiB. */
  readonly onOutput?: (text: string) => void;
}

const outputLimit = 64 * 1024;

/**
 * Evaluates the default export of a JavaScript or TypeScript module in a short-lived Node of its own and returns it as plain
 * data. Never inside this process: a config that throws, hangs, leaks or is edited must not touch PID 1, and a module
 * cannot be loaded twice. A default export that is a function is called. Throws ConfigError.
 */
export function createModuleEvaluator(options: ModuleEvaluatorOptions): (path: string) => Promise<unknown> {
  return async (path) => {
    const run = await runEvaluation(path, options);
    const answer = readAnswer(run, path, options);
    if (run.printed !== '') options.onOutput?.(run.printed);
    return answer;
  };
}

interface Run {
  readonly json: string;
  readonly printed: string;
  readonly end: 'ended' | 'time limit' | 'size limit' | 'aborted';
  readonly status: string;
}

async function runEvaluation(path: string, options: ModuleEvaluatorOptions): Promise<Run> {
  const { clock, env, timeLimitMs = 10_000, sizeLimit = 4 * 1024 * 1024 } = options;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', evaluator, '--', path], {
    env: { ...env },
    // Its own group, so that what the module started goes with it.
    detached: true,
    // Nothing is ever written to its input: that it closes tells the child that we are gone, also by a kill -9.
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  let end: Run['end'] = 'ended';
  const stop = (why: Run['end']): void => {
    end = why;
    killGroup(child);
  };
  const timer = clock.after(timeLimitMs, () => stop('time limit'));
  const abort = (): void => stop('aborted');
  options.signal?.addEventListener('abort', abort);
  const printed = collect([child.stdout, child.stderr], outputLimit);
  const json = collect([child.stdio[3] as Readable | null], sizeLimit, () => stop('size limit'));
  const status = await ended(child);
  timer.cancel();
  options.signal?.removeEventListener('abort', abort);
  killGroup(child);
  await Promise.race([Promise.all([printed.done, json.done]), clock.sleep(1000)]);
  const run = { json: json.text(), printed: printed.text(), end, status };
  for (const stream of child.stdio) stream?.destroy();
  return run;
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${String(code)}` : signal));
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of the group: what was wanted.
  }
}

interface Collected {
  readonly done: Promise<unknown>;
  text(): string;
}

function collect(streams: readonly (Readable | null)[], limit: number, onOverflow?: () => void): Collected {
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): void => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
    if (size > limit) onOverflow?.();
  };
  const done = streams.map(
    (stream) =>
      new Promise<void>((resolve) => (stream === null ? resolve() : stream.on('data', take).once('close', resolve))),
  );
  return { done: Promise.all(done), text: () => Buffer.concat(chunks).toString('utf8') };
}

type Answer =
  | { readonly value: unknown }
  | { readonly message: string; readonly hint?: string; readonly stack?: string };

function readAnswer(run: Run, path: string, options: ModuleEvaluatorOptions): unknown {
  const answer = parseAnswer(run, options);
  if ('value' in answer) return answer.value;
  const { message, hint, stack } = answer;
  const position = findPlace(stack ?? '', path);
  const diagnostic: Diagnostic = {
    severity: 'error',
    path: '',
    message,
    ...(position === undefined ? { source: path } : { position }),
    ...(hint === undefined ? {} : { hint }),
  };
  throw new ConfigError('PM_CONFIG_INVALID', `${path} cannot be evaluated: ${message}`, [diagnostic]);
}

function parseAnswer(run: Run, { timeLimitMs = 10_000, sizeLimit = 4 * 1024 * 1024 }: ModuleEvaluatorOptions): Answer {
  if (run.end === 'time limit') {
    return {
      message: `did not finish within ${timeLimitMs / 1000} s`,
      hint: 'A configuration exports data: it starts no server and waits for nothing.',
    };
  }
  if (run.end === 'size limit')
    return { message: `exports more than ${sizeLimit} bytes of JSON`, hint: 'Generate fewer processes, or use scale.' };
  try {
    return JSON.parse(run.json) as Answer;
  } catch {
    return toSilentEnd(run);
  }
}

function toSilentEnd({ printed, status }: Run): Answer {
  const syntax = /^SyntaxError.*$/m.exec(printed)?.[0];
  if (syntax !== undefined) return { message: syntax, stack: printed };
  const last = printed.trim().split('\n').slice(-5).join('\n');
  const message = `ended (${status}) before it exported anything${last === '' ? '' : `: ${last}`}`;
  return { message, hint: 'A configuration must not call process.exit().' };
}

/** The first place of the module in a stack: `file:LINE:COLUMN`, or `file:LINE` above the line and a caret. */
function findPlace(stack: string, path: string): Position | undefined {
  for (const name of [pathToFileURL(path).href, path]) {
    const at = stack.indexOf(`${name}:`);
    const [, line, column, , indent] =
      at === -1 ? [] : (/^(\d+)(?::(\d+))?(\n.*\n( *)\^)?/.exec(stack.slice(at + name.length + 1)) ?? []);
    if (line !== undefined)
      return { file: path, line: Number(line), column: Number(column ?? (indent?.length ?? 0) + 1) };
  }
  return undefined;
}

/**
 * Runs in the child. Answers on descriptor 3 and exits at once, whatever timers or servers the module left.
 * Everything that JSON would silently drop or change is refused by its path.
 */
const evaluator = `
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const path = process.argv[1];
process.stdin.on('end', () => process.kill(0, 'SIGKILL')).on('error', () => {}).resume();
const url = pathToFileURL(path).href;
const answer = (it) => {
  const bytes = Buffer.from(JSON.stringify(it));
  for (let at = 0; at < bytes.length;) at += writeSync(3, bytes, at);
  process.exit(0);
};
const kindOf = (it) => typeof it === 'object' ? it.constructor?.name ?? 'object' : typeof it;
const refuse = (at, what) => answer({
  message: (at || 'the default export') + ' is ' + what,
  hint: 'A configuration is plain data: text, numbers, booleans, lists and maps.',
});
const check = (it, at, above) => {
  if (it === null || it === undefined || typeof it === 'string' || typeof it === 'boolean') return;
  if (typeof it === 'number') { if (!Number.isFinite(it)) refuse(at, String(it)); return; }
  if (typeof it !== 'object') refuse(at, 'a ' + kindOf(it));
  if (above.includes(it)) refuse(at, 'part of itself');
  if (above.length > 64) refuse(at, 'nested deeper than 64 levels');
  const proto = Object.getPrototypeOf(it);
  if (!Array.isArray(it) && proto !== null && Object.getPrototypeOf(proto) !== null) refuse(at, 'a ' + kindOf(it));
  for (const key of Object.keys(it)) check(it[key], Array.isArray(it) ? at + '[' + key + ']' : (at && at + '.') + key, [...above, it]);
};
const fail = (error) => {
  const stack = String(error?.stack ?? error);
  // Only Node's own report says where a module has its error of syntax.
  if (error instanceof SyntaxError && !stack.includes(path)) {
    process.off('uncaughtException', fail);
    throw error;
  }
  answer({ message: error instanceof Error ? error.name + ': ' + error.message.split('\\n')[0] : 'threw ' + String(error), stack });
};
process.on('uncaughtException', fail);
try {
  const module = await import(url);
  if (!('default' in module)) answer({ message: 'has no default export', hint: 'Write "export default { processes: { … } }" or "export default defineConfig({ … })".' });
  let value = module.default;
  if (typeof value === 'function') value = await value();
  check(value, '', []);
  answer({ value: value ?? null });
} catch (error) { fail(error); }
`;
