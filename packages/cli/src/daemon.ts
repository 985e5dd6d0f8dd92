import { inspectPlan, runSupervisor } from '@pm-supervisor/core';
import { boot } from './boot.ts';
import type { CliContext } from './context.ts';
import { writeWarnings } from './diagnostics.ts';
import type { EarlySignals } from './entry/early-signals.ts';
import type { Half } from './entry/entry.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { allowsColour } from './paint.ts';
import { toPlanRequest } from './plan-options.ts';
import { createPluginSources } from './plugin-sources.ts';
import { parseRunArguments, type RunArguments } from './run-arguments.ts';
import { writePlan } from './verbs/plan.ts';

// What is rarely needed is imported all the same: one late import of a module, and the bundle wraps each that it imports
// into a function of its own, which a boot then has to call (1 ms for all of core).

/** The half of pm that supervises. */
export const start: Half['start'] = (entry) => boot(entry, (context) => runDaemon(context, entry.early));

/** `pm run`: resolves with the exit code when nothing is left. Never rejects. */
export async function runDaemon(context: CliContext, early: EarlySignals): Promise<number> {
  try {
    return await run(context, early);
  } catch (error) {
    return reportFailure(error, context);
  }
}

/** Rejects with UsageError or ConfigError, having started nothing. */
async function run(context: CliContext, early: EarlySignals): Promise<number> {
  const args = parseRunArguments(context.argv[0] === 'run' ? context.argv.slice(1) : context.argv);
  if (args.help) return (await import('./program.ts')).showRunHelp(context);
  if (args.dryRun) return showDryRun(args, context);
  // Until the supervisor takes over nothing has been started: a request to stop is granted at once.
  const planning = new AbortController();
  return new Promise((resolve, reject) => {
    early.onStop(() => {
      resolve(exitCodes.ok);
      planning.abort();
    });
    supervise(args, context, { early, signal: planning.signal }).then(resolve, reject);
  });
}

async function showDryRun(args: RunArguments, context: CliContext): Promise<number> {
  writePlan(await inspectPlan(toPlanRequest(args, context), createPluginSources(context)), false, context);
  return exitCodes.ok;
}

interface Planning {
  readonly early: EarlySignals;
  readonly signal: AbortSignal;
}

function supervise(args: RunArguments, context: CliContext, { early, signal }: Planning): Promise<number> {
  const [program, ...rest] = args.command;
  return runSupervisor({
    ...toPlanRequest(args, context),
    pid: context.pid,
    signal,
    hasTerminal: context.hasTerminal,
    colours: allowsColour(context.env),
    watch: args.watch,
    ...(program === undefined ? {} : { foreground: [program, ...rest] as const }),
    onWarnings: (warnings) => writeWarnings(warnings, context),
    ...createPluginSources(context),
    onTakeOver: () => early.release(),
    ...(context.onRunning === undefined ? {} : { onRunning: context.onRunning }),
  });
}
