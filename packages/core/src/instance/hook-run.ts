import { SpawnError } from '../errors.ts';
import { toArgv } from '../plan/command-line.ts';
import { formatDuration } from '../plan/duration-text.ts';
import type { HookSpec, OsSpec } from '../plan/spec.ts';
import type { Child, SpawnRequest } from '../os/spawner.ts';
import type { LogAttachment } from '../log/pipeline.ts';
import { withUser } from './environment.ts';
import { toExitCode, toExitText } from './exit.ts';
import type { Ports } from './ports.ts';

/** Where and for whom hooks run. */
export interface HookContext {
  readonly ports: Ports;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly os: OsSpec;
  /** Absent for global hooks. */
  readonly process?: string;
  /** An exit code that is an answer, not a failure: nothing is tried again after it, and no further hook runs. */
  readonly answer?: number;
  /** Ends the hooks at once, with everything they started. */
  readonly signal: AbortSignal;
}

export interface HookOutcome {
  readonly ok: boolean;
  /** The exit code of the hook that decided; null where it did not run to its end. */
  readonly exitCode: number | null;
  /** What went wrong, in words. */
  readonly message?: string;
}

const succeeded: HookOutcome = { ok: true, exitCode: 0 };

/** Runs hooks in order. Ends at the first that fails (after its retries) without `continue_on_error`. Never rejects. */
export async function runHooks(hooks: readonly HookSpec[], context: HookContext): Promise<HookOutcome> {
  for (const hook of hooks) {
    const outcome = await runWithRetries(hook, context);
    if (isAnswer(outcome, context)) return outcome;
    if (!outcome.ok && (!hook.continueOnError || context.signal.aborted)) return outcome;
  }
  return succeeded;
}

function isAnswer({ exitCode }: HookOutcome, { answer }: HookContext): boolean {
  return answer !== undefined && exitCode === answer;
}

async function runWithRetries(hook: HookSpec, context: HookContext): Promise<HookOutcome> {
  const { clock, emit } = context.ports;
  if (hook.delayMs !== undefined) {
    await clock.sleep(hook.delayMs, context.signal).catch(() => undefined);
    // Its process has gone while it waited for its time: there is nothing to tell.
    if (context.signal.aborted) return toInterrupted(hook);
  }
  const startedAt = clock.monotonic();
  let outcome = await runOnce(hook, context);
  const isDone = (): boolean => outcome.ok || isAnswer(outcome, context) || context.signal.aborted;
  for (let tries = 0; !isDone() && tries < hook.retry; tries += 1) {
    await clock.sleep(hook.retryDelayMs, context.signal).catch(() => undefined);
    if (!context.signal.aborted) outcome = await runOnce(hook, context);
  }
  const ok = outcome.ok || isAnswer(outcome, context);
  emit('hook.finished', {
    hook: hook.name,
    ...(context.process === undefined ? {} : { process: context.process }),
    ok,
    ms: Math.round(clock.monotonic() - startedAt),
    ...(ok || outcome.message === undefined ? {} : { message: outcome.message }),
  });
  return outcome;
}

async function runOnce(hook: HookSpec, context: HookContext): Promise<HookOutcome> {
  if (context.signal.aborted) return toInterrupted(hook);
  let child: Child;
  try {
    child = await context.ports.spawner.spawn(toRequest(hook, context));
  } catch (error) {
    return { ok: false, exitCode: null, message: toSpawnProblem(hook, error) };
  }
  return awaitHook(hook, child, context);
}

/** A failed spawn names the hook itself. */
function toSpawnProblem(hook: HookSpec, error: unknown): string {
  if (error instanceof SpawnError) return error.message;
  return `hook "${hook.name}": ${error instanceof Error ? error.message : String(error)}`;
}

async function awaitHook(hook: HookSpec, child: Child, context: HookContext): Promise<HookOutcome> {
  const attachments = attachOutput(hook, child, context);
  const limit = AbortSignal.any([context.signal, toTimeLimit(hook, child, context)]);
  const onAbort = (): void => void child.kill('SIGKILL', 'group');
  limit.addEventListener('abort', onAbort, { once: true });
  if (limit.aborted) onAbort();

  const end = await child.ended;
  limit.removeEventListener('abort', onAbort);
  await drainOutput(attachments, context);

  if (context.signal.aborted) return toInterrupted(hook);
  if (limit.aborted) {
    return {
      ok: false,
      exitCode: null,
      message: `hook "${hook.name}" was killed after its time limit of ${formatDuration(hook.timeoutMs)}`,
    };
  }
  const exitCode = toExitCode(end);
  return exitCode === 0
    ? succeeded
    : { ok: false, exitCode, message: `hook "${hook.name}" failed: ${toExitText(end)}` };
}

/** Aborts when the hook's time is over; the timer is gone when the hook is. */
function toTimeLimit(hook: HookSpec, child: Child, { ports }: HookContext): AbortSignal {
  const limit = new AbortController();
  const timer = ports.clock.after(hook.timeoutMs, () => limit.abort());
  void child.ended.then(() => timer.cancel());
  return limit.signal;
}

function toInterrupted(hook: HookSpec): HookOutcome {
  return { ok: false, exitCode: null, message: `hook "${hook.name}" was interrupted` };
}

function attachOutput(hook: HookSpec, child: Child, { ports, process }: HookContext): LogAttachment[] {
  const name = `hook:${hook.name}`;
  const base = { process: process ?? name, instance: name, labels: {}, shown: true };
  return [
    ...(child.stdout === undefined ? [] : [ports.logs.attach({ ...base, stream: 'stdout' as const }, child.stdout)]),
    ...(child.stderr === undefined ? [] : [ports.logs.attach({ ...base, stream: 'stderr' as const }, child.stderr)]),
  ];
}

/** What the hook wrote comes before what follows it; a stranger that holds the pipe must not hold us. */
const drainLimitMs = 500;

async function drainOutput(attachments: readonly LogAttachment[], { ports }: HookContext): Promise<void> {
  const limit = ports.clock.after(drainLimitMs, () => attachments.forEach((attachment) => attachment.detach()));
  await Promise.all(attachments.map((attachment) => attachment.ended));
  limit.cancel();
}

function toRequest(hook: HookSpec, context: HookContext): SpawnRequest {
  return {
    instance: `hook:${hook.name}`,
    process: context.process ?? 'pm',
    argv: toArgv(hook.command),
    env: { ...withUser(context.env, hook.credentials), ...hook.env },
    cwd: hook.workingDir ?? context.cwd,
    os: hook.credentials === undefined ? context.os : { ...context.os, credentials: hook.credentials },
    tty: false,
    stdin: { kind: 'null' },
    output: 'pipe',
  };
}
