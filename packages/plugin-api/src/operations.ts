import type { Clock, Command, CommandResult, PluginScope } from '@pm-supervisor/core';
import { createRateLimit } from './access/rate-limit.ts';
import { toDiff } from './diff.ts';
import { toMoment } from './moment.ts';
import { Refused, toProblem } from './problem.ts';
import type { Operation, Problem } from './routes/bodies.ts';
import type { ProblemCodeName } from './routes/problem-codes.ts';
import type { ProcessStatus } from './routes/status.ts';

/** A command of a caller. */
export interface Order {
  readonly command: Command;
  readonly targets: readonly string[];
  /** Name of the caller, without `api:`. */
  readonly caller: string;
  /** Where the caller is. */
  readonly from: string;
}

export interface OperationPorts {
  readonly pm: Pick<PluginScope, 'dispatch' | 'project'>;
  readonly clock: Clock;
  /** Aborts when this server goes: who waits is answered with how far it is, and asks the next one. */
  readonly closing: AbortSignal;
  /** Processes as they are now, by name; those that are gone are left out. */
  readonly describe: (names: readonly string[]) => readonly ProcessStatus[];
  /** A defect: told to the log. */
  readonly onDefect: (error: unknown) => void;
}

/** Commands that go on whoever still waits for them. */
export interface Operations {
  /**
   * Starts a command and waits until it is done, but not longer than `waitMs`; without a wait until it is accepted.
   * Throws what the command throws: refused, unknown, wrong; Refused where there are too many.
   */
  start(order: Order, waitMs: number | undefined): Promise<Operation>;
  get(id: string): Operation | undefined;
  /** The operation when it is done, or as it is when the time is over. */
  await(id: string, waitMs: number): Promise<Operation | undefined>;
  /** Newest first. */
  list(): readonly Operation[];
}

/** A command that has not reached its state after this time is given up waiting for; the supervisor goes on with it. */
const longestMs = 3_600_000;
/** Kept at the same time. Those that ended give way first. */
const mostKept = 1000;
/** A change of the plan is accepted when it is made; who does not want to wait is answered after this time. */
const acceptMs = 2000;
/** What is done this soon after it was accepted is answered as done. */
const instantMs = 5;
/** Fewer than a plugin may send (1,000 at once, 200 a second), so that pm never counts it as a failure. */
const commandRate = { burst: 800, perSecond: 150 };

/** Without the processes: a thousand commands to a thousand processes each would be kept a million times. */
type Kept = Omit<Operation, 'processes'> & { readonly names: readonly string[] };

interface Entry {
  kept: Kept;
  /** Settles when the command is done; never rejects. */
  done: Promise<void>;
}

/** What is kept of one supervisor. */
interface Book {
  readonly entries: Map<string, Entry>;
  /** When it was begun is part of every name: after a restart an old name is unknown, not another's. */
  readonly prefix: string;
  last: number;
}

/** Outlive a server: other options of the API are no reason to forget what is under way. */
const books = new WeakMap<object, Book>();

export function createOperations(ports: OperationPorts): Operations {
  const { clock, pm, closing } = ports;
  const book = books.get(pm.project) ?? { entries: new Map(), prefix: Math.trunc(clock.now()).toString(36), last: 0 };
  books.set(pm.project, book);
  const { entries } = book;
  const passes = createGate(clock);
  const within = (ms: number, done: Promise<void>): Promise<void> => settleWithin(ms, done, { clock, closing });

  return {
    async start(order, waitMs) {
      const { command } = order;
      makeRoom(entries, passes);
      const id = `${book.prefix}-${(book.last += 1)}`;
      const run = startRun(id, order, ports);
      const { entry } = run;
      entries.set(id, entry);
      const limitMs = waitMs ?? acceptMs;
      await within(limitMs, waitMs === undefined ? run.accepted : entry.done);
      if (waitMs === undefined) await within(instantMs, entry.done);
      // The server may be going because of this very command.
      if (command.type === 'apply-config' && closing.aborted) await entry.done;
      if (run.failure === undefined) return toOperation(entry.kept, ports);
      if (!run.isAccepted()) entries.delete(id);
      throw toFailure(run.failure.error, run.isAccepted() ? id : undefined);
    },
    get(id) {
      const entry = entries.get(id);
      return entry === undefined ? undefined : toOperation(entry.kept, ports);
    },
    async await(id, waitMs) {
      const entry = entries.get(id);
      if (entry !== undefined) await within(waitMs, entry.done);
      return entry === undefined ? undefined : toOperation(entry.kept, ports);
    },
    list: () => [...entries.values()].map(({ kept }) => toOperation(kept)).toReversed(),
  };
}

function toOperation({ names, ...kept }: Kept, ports?: OperationPorts): Operation {
  return { ...kept, processes: ports?.describe(names) ?? [] };
}

interface Run {
  readonly entry: Entry;
  /** Settles when the command is accepted, or has failed; never rejects. */
  readonly accepted: Promise<void>;
  isAccepted(): boolean;
  failure: { readonly error: unknown } | undefined;
}

function startRun(id: string, order: Order, ports: OperationPorts): Run {
  const { pm, clock, onDefect } = ports;
  const { command, targets, caller, from } = order;
  const accepted = Promise.withResolvers<void>();
  let isAccepted = false;
  const update = (change: Partial<Kept>): void => void (entry.kept = { ...entry.kept, ...change });
  const take = ({ changed, processes, diff }: CommandResult): void =>
    update({
      changed,
      names: processes.map(({ name }) => name),
      ...(diff === undefined ? {} : { diff: toDiff(diff) }),
    });
  const entry: Entry = {
    kept: {
      id,
      command: command.type,
      targets,
      caller: `api:${caller}`,
      state: 'running',
      started_at: toMoment(clock.now()),
      ended_at: null,
      changed: false,
      names: [],
    },
    done: Promise.resolve(),
  };
  const run: Run = { entry, accepted: accepted.promise, isAccepted: () => isAccepted, failure: undefined };
  const onAccepted = (result: CommandResult): void => {
    isAccepted = true;
    take(result);
    accepted.resolve();
  };
  const finish = (state: 'succeeded' | 'failed', problem?: Problem): void =>
    update({ state, ended_at: toMoment(clock.now()), ...(problem === undefined ? {} : { problem }) });
  entry.done = pm.dispatch(command, { waitMs: longestMs, onBehalfOf: caller, from, onAccepted }).then(
    (result) => {
      isAccepted = true;
      take(result);
      finish('succeeded');
      accepted.resolve();
    },
    (error: unknown) => {
      const problem = toProblem(error);
      if (problem.code === 'PM_BUG') onDefect(error);
      run.failure = { error };
      finish('failed', problem);
      accepted.resolve();
    },
  );
  return run;
}

/** Resolves when `done` does, after the time, or when the server goes; timer and listener are gone either way. */
async function settleWithin(
  ms: number,
  done: Promise<void>,
  { clock, closing }: Pick<OperationPorts, 'clock' | 'closing'>,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const end = (): void => over.resolve();
  const timer = clock.after(ms, end);
  closing.addEventListener('abort', end, { once: true });
  if (closing.aborted) end();
  await Promise.race([done, over.promise]);
  closing.removeEventListener('abort', end);
  timer.cancel();
}

function createGate(clock: Clock): () => boolean {
  const passes = createRateLimit(commandRate);
  return () => passes('', clock.monotonic()) === undefined;
}

function makeRoom(entries: Map<string, Entry>, passes: () => boolean): void {
  const headers = { 'retry-after': '1' };
  if (!passes())
    throw new Refused('PM_API_RATE_LIMITED', `more than ${commandRate.perSecond} commands a second`, { headers });
  if (entries.size < mostKept) return;
  const ended = [...entries.values()].find(({ kept }) => kept.state !== 'running');
  if (ended === undefined) throw new Refused('PM_API_RATE_LIMITED', `${mostKept} commands are under way`, { headers });
  entries.delete(ended.kept.id);
}

/** A command that was accepted and then failed can be looked up: the answer says under which name. */
function toFailure(error: unknown, operation: string | undefined): unknown {
  if (operation === undefined) return error;
  const { code, detail, hint } = toProblem(error);
  if (code === 'PM_BUG') return error;
  return new Refused(code as ProblemCodeName, detail, { operation, ...(hint === undefined ? {} : { hint }) });
}
