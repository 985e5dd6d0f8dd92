import type { Operation, ResponseOf, RouteKey } from './contract.ts';
import { call, type CallInput, type CallOptions, type Line } from './call.ts';
import { ApiError, DisconnectedError, UnreachableError } from './errors.ts';
import { monotonic, pause } from './transport/runtime.ts';

/** What every command accepts. */
export interface CommandOptions extends CallOptions {
  /**
   * How long to wait for the final state, milliseconds. 0: the command is accepted, and goes on. Default 300,000, as long
   * as a process waits for what it depends on.
   */
  readonly waitMs?: number;
}

/** Routes that set something in motion. */
export type CommandRoute = {
  [K in RouteKey]: ResponseOf<K> extends Operation ? (K extends `GET ${string}` ? never : K) : never;
}[RouteKey];

/** Waiting is done in parts: something between may cut a request that is silent for longer. */
const longestWaitMs = 25_000;

/**
 * Sends a command and waits for what becomes of it. Resolves with the operation: `succeeded`, or `running` when the wait
 * is over. Rejects with ApiError when it is refused or fails.
 */
export async function command<K extends CommandRoute>(
  line: Line,
  route: K,
  input: CallInput<K>,
  options: CommandOptions = {},
): Promise<Operation> {
  const end = monotonic() + (options.waitMs ?? 300_000);
  const waiting = { ...input, query: { ...input.query, ...toWait(end) } };
  let operation = (await call(line, route, waiting, withPatience(line, options))) as Operation;
  while (operation.state === 'running' && monotonic() < end) operation = await ask(line, operation, end, options);
  if (operation.problem !== undefined) throw new ApiError({ ...operation.problem });
  return operation;
}

/** A server that does not wait as long as it was asked to must not make us ask without a break. */
const shortestPauseMs = 100;

async function ask(line: Line, { id }: Operation, end: number, options: CommandOptions): Promise<Operation> {
  const { signal = new AbortController().signal } = options;
  const next = monotonic() + Math.min(shortestPauseMs, end - monotonic());
  const lost = monotonic() + longestGapMs;
  for (;;) {
    try {
      const input = { path: { id }, query: toWait(end) };
      const operation = await call(line, 'GET /api/v1/operations/{id}', input, withPatience(line, options));
      if (operation.state === 'running') await pause(next - monotonic(), signal);
      return operation;
    } catch (error) {
      if (signal.aborted || !isGap(error) || monotonic() > lost) throw error;
      await pause(shortestPauseMs, signal);
    }
  }
}

/** Where the supervisor sets its API up anew, nobody answers for a moment. */
const longestGapMs = 3000;

function isGap(error: unknown): boolean {
  return error instanceof UnreachableError || error instanceof DisconnectedError;
}

function toWait(end: number): { wait?: string } {
  const left = Math.ceil(Math.min(end - monotonic(), longestWaitMs));
  return left > 0 ? { wait: `${left}ms` } : {};
}

/** The time limit is for the server to answer; what it was asked to wait comes on top. */
function withPatience(line: Line, options: CommandOptions): CallOptions {
  return { ...options, timeoutMs: (options.timeoutMs ?? line.timeoutMs) + longestWaitMs };
}
