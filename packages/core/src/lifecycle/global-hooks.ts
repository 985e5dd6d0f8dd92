import { runHooks } from '../instance/hook-run.ts';
import type { Ports } from '../instance/ports.ts';
import type { HookSet, Plan } from '../plan/spec.ts';

export interface GlobalHooksOptions {
  readonly plan: Plan;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

/** Runs the hooks of the whole supervisor, as the global user and in the global directory. false: one failed; the caller decides. */
export async function runGlobalHooks(
  kind: keyof HookSet,
  { plan, ports, signal }: GlobalHooksOptions,
): Promise<boolean> {
  const { global, hooks } = plan;
  if (hooks[kind].length === 0) return true;
  const outcome = await runHooks(hooks[kind], {
    ports,
    env: { ...ports.env, ...(ports.socket === undefined ? {} : { PM_SOCKET: ports.socket }), ...global.env },
    cwd: global.workingDir ?? ports.cwd,
    os: { limits: {}, ...(global.credentials === undefined ? {} : { credentials: global.credentials }) },
    signal,
  });
  return outcome.ok;
}
