import { runHooks, type HookContext } from '../instance/hook-run.ts';
import type { CommandLine, Condition, ProcessSpec } from '../plan/spec.ts';
import type { Ports } from '../instance/ports.ts';
import { createScope } from '../instance/start.ts';
import type { Unit } from '../unit/unit.ts';

/** A condition command has to answer in this time. */
const commandLimitMs = 30_000;

/** Marks those that take no part (`only_if`, `skip_if`) and forgets that others did not. */
export async function skipUnwanted(units: readonly Unit[], ports: Ports, signal: AbortSignal): Promise<void> {
  await Promise.all(
    units.map(async (unit) => {
      const why = await findSkipReason(unit.spec, ports, signal);
      if (!signal.aborted) unit.skip(why);
    }),
  );
}

/** Why a process takes no part in this boot (`only_if`, `skip_if`), or undefined where it does. */
async function findSkipReason(spec: ProcessSpec, ports: Ports, signal: AbortSignal): Promise<string | undefined> {
  if (spec.onlyIf === undefined && spec.skipIf === undefined) return undefined;
  const context: HookContext = { ...createScope(spec, 1, ports).context, signal };
  if (spec.onlyIf !== undefined) {
    const missing = await findUnmet(spec.onlyIf, 'only_if', context);
    if (missing !== undefined) return `skipped: only_if ${missing}`;
  }
  if (spec.skipIf === undefined) return undefined;
  return (await findUnmet(spec.skipIf, 'skip_if', context)) === undefined ? 'skipped: skip_if holds' : undefined;
}

/** The first part that does not hold, in words. */
async function findUnmet(
  { env, file, command }: Condition,
  key: string,
  context: HookContext,
): Promise<string | undefined> {
  if (env !== undefined && !isEnvMet(env, context.ports.env)) {
    return env.value === undefined ? `env ${env.name} is not set` : `env ${env.name} is not "${env.value}"`;
  }
  if (file !== undefined && context.ports.probes.fileStamp(file) === undefined) return `file ${file} does not exist`;
  return command === undefined ? undefined : askCommand(command, key, context);
}

/** A command that says no is an answer and no failure: only one that cannot answer is worth a warning. */
async function askCommand(command: CommandLine, key: string, context: HookContext): Promise<string | undefined> {
  const { ports, process, signal } = context;
  const hook = {
    name: key,
    command,
    timeoutMs: commandLimitMs,
    retry: 0,
    retryDelayMs: 0,
    continueOnError: false,
    env: {},
  };
  const outcome = await runHooks([hook], { ...context, ports: { ...ports, emit: () => undefined } });
  if (outcome.ok) return undefined;
  if (outcome.exitCode !== null) return `command: exit ${outcome.exitCode}`;
  if (!signal.aborted)
    ports.emit('supervisor.warning', {
      message: `${process}: the command of ${key} counts as a no: ${outcome.message}`,
    });
  return 'command: it could not answer';
}

function isEnvMet({ name, value }: NonNullable<Condition['env']>, env: Readonly<Record<string, string>>): boolean {
  return value === undefined ? (env[name] ?? '') !== '' : env[name] === value;
}
