import { ConfigError, inspectPlan, type Diagnostic, type Inspection } from '@pm-supervisor/core';
import { countDiagnostics, showDiagnostics } from '../diagnostics.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { createPaint } from '../paint.ts';
import { toPlanRequest } from '../plan-options.ts';
import { createPluginSources } from '../plugin-sources.ts';
import type { Verb } from '../verbs.ts';

/** `pm check`: exit 0, or 78 for errors (with `--strict` also for warnings). Starts nothing. */
export const check: Verb = {
  declare: (command) =>
    command
      .argument('[file]', 'the configuration (default: PM_CONFIG, else found here or in /etc/pm)')
      .option('--profile <NAME>', 'check with this profile (default: PM_PROFILE)')
      .option('--strict', 'warnings fail too')
      .option('--json', 'print the diagnostics as JSON'),
  async run({ args: [configPath], options }, context) {
    const request = toPlanRequest({ configPath, profile: options['profile'] as string | undefined }, context);
    const outcome = await inspect(() => inspectPlan(request, createPluginSources(context)));
    const { diagnostics } = outcome;
    const failed = diagnostics.some(({ severity }) => severity === 'error' || options['strict'] === true);
    if (options['json'] === true) writeJson(outcome, !failed, context);
    else writeText(outcome, failed, context);
    return failed ? exitCodes.config : exitCodes.ok;
  },
};

interface Outcome {
  readonly diagnostics: readonly Diagnostic[];
  /** Absent when there is an error. */
  readonly inspection?: Inspection;
}

/** A configuration that is not there at all is a failure of the command; one with errors is its answer. */
async function inspect(run: () => Promise<Inspection>): Promise<Outcome> {
  try {
    const inspection = await run();
    return { diagnostics: inspection.warnings, inspection };
  } catch (error) {
    if (!(error instanceof ConfigError) || error.diagnostics.length === 0) throw error;
    return { diagnostics: error.diagnostics };
  }
}

function writeJson({ diagnostics, inspection }: Outcome, ok: boolean, { stdout }: CliContext): void {
  const found =
    inspection === undefined
      ? {}
      : { file: inspection.origin, gracePeriodSeconds: inspection.explanation.gracePeriodSeconds };
  stdout.write(`${JSON.stringify({ ok, ...found, diagnostics }, undefined, 2)}\n`);
}

function writeText({ diagnostics, inspection }: Outcome, failed: boolean, context: CliContext): void {
  const { stdout, stderr } = context;
  if (diagnostics.length > 0) stderr.write(showDiagnostics(diagnostics, createPaint(context, stderr)));
  if (inspection === undefined || failed) return;
  const { plan, origin, explanation } = inspection;
  const warned = diagnostics.length === 0 ? '' : `, with ${countDiagnostics(diagnostics)}`;
  stdout.write(`${origin} is right${warned}: ${count(plan.processes.size)}, ${plan.booting.length} at boot.\n`);
  stdout.write(
    `Give the container at least ${explanation.gracePeriodSeconds} s to stop (terminationGracePeriodSeconds, stop_grace_period).\n`,
  );
}

function count(processes: number): string {
  return `${processes} ${processes === 1 ? 'process' : 'processes'}`;
}
