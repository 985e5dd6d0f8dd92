import type { Diagnostic } from './config/diagnostic.ts';
import { createSectionRegistry, type SectionRegistry } from './config/sections.ts';
import { toInheritedEnv } from './instance/environment.ts';
import { systemClock } from './os/clock.ts';
import { createModuleEvaluator } from './os/evaluate-module.ts';
import { readMachineFacts } from './os/machine-facts.ts';
import { createNodeSpawner } from './os/node-spawner.ts';
import type { SpawnerAbilities } from './os/spawner.ts';
import { explainPlan, type Explanation } from './plan/explain.ts';
import type { Plan } from './plan/spec.ts';
import { type Planned, type PlannerPorts, preparePlan, type PlanRequest } from './planner.ts';

/** What a configuration comes to, without running it. */
export interface Inspection {
  readonly plan: Plan;
  readonly explanation: Explanation;
  /** Texts of the plan that came out of files (`${file:…}`), for `maskValue`. */
  readonly secrets: ReadonlySet<string>;
  readonly warnings: readonly Diagnostic[];
  /** Absolute path of the main file. */
  readonly origin: string;
}

/** Where plugins come from. Default: none bundled, and modules as Node finds them. */
export type InspectionPorts = Pick<PlannerPorts, 'bundled' | 'modules'>;

/**
 * Reads and plans exactly as `pm run` does, and starts nothing: for `pm check`, `pm plan` and dry runs. Plugins are set
 * up and disposed again. Throws ConfigError with all diagnostics.
 */
export async function inspectPlan(request: PlanRequest, ports: InspectionPorts = {}): Promise<Inspection> {
  const { plan, values, secrets, warnings, origin } = await planOnce(request, ports);
  return { plan, explanation: explainPlan(plan, values, secrets), secrets, warnings, origin };
}

/** What can be done for processes on this machine, and why what cannot is missing. Starts nothing. */
export function readAbilities(): SpawnerAbilities {
  return createNodeSpawner().abilities;
}

/** JSON Schema of the configuration with the keys of the plugins it uses. Throws ConfigError when it has errors. */
export async function describeConfig(
  request: PlanRequest,
  ports: InspectionPorts = {},
): Promise<Record<string, unknown>> {
  return toSchema((await planOnce(request, ports)).sections);
}

/** JSON Schema of what core alone knows. */
export function describeCoreConfig(): Promise<Record<string, unknown>> {
  return toSchema(createSectionRegistry([]));
}

async function planOnce(request: PlanRequest, ports: InspectionPorts): Promise<Planned> {
  const planned = await preparePlan(request, {
    clock: systemClock,
    facts: readMachineFacts(),
    evaluateModule: createModuleEvaluator({ clock: systemClock, env: toInheritedEnv(request.env) }),
    ...ports,
  });
  await planned.host.dispose();
  return planned;
}

/** The converter is loaded only here: no supervisor needs it. */
async function toSchema(sections: SectionRegistry): Promise<Record<string, unknown>> {
  const { toJsonSchema } = await import('./config/json-schema.ts');
  return toJsonSchema(sections);
}
