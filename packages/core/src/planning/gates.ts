import { foldAliases } from '../config/aliases.ts';
import { assembleConfig } from '../config/assemble.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import type { Draft } from '../config/draft.ts';
import { type Merged, mergeLayers } from '../config/layer.ts';
import { knownOwnerOf } from '../config/owned-keys.ts';
import { checkPart } from '../config/shape.ts';
import { PluginError } from '../errors.ts';
import { deepFreeze } from '../hooks/freeze.ts';
import type { Findings } from '../hooks/payloads.ts';
import { buildPlan } from '../plan/build.ts';
import { createReport } from '../plan/build/report.ts';
import type { BuildContext } from '../plan/context.ts';
import { deepChecks } from '../plan/deep-checks.ts';
import type { Plan } from '../plan/spec.ts';
import { rememberFacts } from './remembered-facts.ts';
import type { Gathered, GatherInputs } from './round.ts';
import { toConfigError, toLooseDiagnostic } from './problems.ts';

export interface Passed {
  readonly plan: Plan;
  /** In force with it: where each value came from. */
  readonly merged: Merged;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Takes gathered layers through the shape gate, the plugins' transforms, the meaning gate and the plugins' checks.
 * Throws ConfigError with everything the gate that stopped it found.
 */
export async function passGates(gathered: Gathered, inputs: GatherInputs): Promise<Passed> {
  const { request, sources, ports } = inputs;
  const readings = { env: request.env, readFile: sources.readFile };
  const assembled = await assembleConfig({
    layers: gathered.all,
    registry: gathered.registry,
    sources: readings,
    texts: sources.texts,
  });
  const found = [...assembled.diagnostics, ...checkOtherProfiles(gathered, inputs)];
  if (assembled.draft === undefined || hasError(found)) throw toConfigError(found, sources);
  const { merged } = assembled;
  const draft = await transform(assembled.draft, gathered, inputs);
  const plugins = inputs.trial.setUps.map(({ name, request: { options, reason } }) => ({ name, options, reason }));
  const context: BuildContext = {
    facts: rememberFacts(ports.facts),
    origin: merged,
    plugins,
    instantiate: inputs.instantiate,
    ...(request.only === undefined ? {} : { only: request.only }),
  };
  const { plan, diagnostics } = build(draft, { original: assembled.draft, context, inputs });
  const checked = [...diagnostics, ...deepChecks(plan, context), ...(await runChecks(plan, merged, inputs))];
  if (hasError(checked)) throw toConfigError([...found, ...checked], sources);
  return { plan, merged, warnings: [...found, ...checked] };
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** A profile that was not chosen must still be a part of a configuration; keys of plugins that are off here may be on there. */
function checkOtherProfiles({ registry }: Gathered, { sources }: GatherInputs): readonly Diagnostic[] {
  return sources.otherProfiles.flatMap(({ layer }) => {
    const part = mergeLayers([foldAliases(layer, registry).layer]);
    return checkPart(part, registry).filter(({ path }) => knownOwnerOf(path) === undefined);
  });
}

async function transform(draft: Draft, { facts }: Gathered, { host, trial, sources }: GatherInputs): Promise<Draft> {
  if (trial.setUps.length === 0) return draft;
  try {
    const context = deepFreeze({ facts, project: host.project });
    const result = await host.hooks.plan.transform.fire(deepFreeze(draft), context, { only: trial.owners });
    // The builder only reads: frozen or not makes no difference to it.
    return result as Draft;
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw toConfigError([toLooseDiagnostic(error)], { ...sources, cause: error });
  }
}

interface BuildStep {
  readonly original: Draft;
  readonly context: BuildContext;
  readonly inputs: GatherInputs;
}

/** Throws ConfigError; PM_PLAN_INVALID where the draft was right before plugins transformed it. */
function build(draft: Draft, step: BuildStep): { plan: Plan; diagnostics: readonly Diagnostic[] } {
  const { original, context, inputs } = step;
  const { plan, diagnostics } = draft === original ? buildPlan(draft, context) : buildTransformed(draft, step);
  if (plan !== undefined) return { plan, diagnostics };
  const byPlugin = draft !== original && buildPlan(original, context).plan !== undefined;
  throw toConfigError(diagnostics, { ...inputs.sources, ...(byPlugin ? { code: 'PM_PLAN_INVALID' } : {}) });
}

/** The shape of a transformed draft was never checked: what the builder cannot even read is the plugins' doing. */
function buildTransformed(draft: Draft, { context, inputs }: BuildStep): ReturnType<typeof buildPlan> {
  try {
    return buildPlan(draft, context);
  } catch (cause) {
    const plugins = inputs.host.hooks
      .taps()
      .filter(({ hook }) => hook === 'plan.transform')
      .map(({ plugin }) => plugin);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `plan.transform (${plugins.join(', ')}) returned a draft that cannot be read: ${reason}`;
    throw toConfigError(
      [
        {
          severity: 'error',
          path: '',
          message,
          hint: 'Keep the types of the draft: durations are milliseconds, lists are lists.',
        },
      ],
      {
        ...inputs.sources,
        code: 'PM_PLAN_INVALID',
        cause,
      },
    );
  }
}

async function runChecks(plan: Plan, merged: Merged, { host, trial }: GatherInputs): Promise<readonly Diagnostic[]> {
  if (trial.setUps.length === 0) return [];
  const report = createReport(merged);
  const findings: Findings = Object.freeze({ error: report.error, warning: report.warning });
  try {
    await host.hooks.plan.check.fire(plan, findings, { only: trial.owners });
    return report.list();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return [...report.list(), toLooseDiagnostic(error)];
  }
}
