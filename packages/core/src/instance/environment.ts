import type { Credentials, ProcessSpec } from '../plan/spec.ts';

/**
 * Variables that are for the supervisor alone. Overrides may hold the secrets of other processes, and the socket is that
 * of a supervisor above this one.
 */
const ownVariables = /^PM_(API_TOKEN$|SOCKET$|GLOBAL_|PROCESS_)/;

/** The supervisor's environment as children may see it. */
export function toInheritedEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !ownVariables.test(name)) inherited[name] = value;
  }
  return inherited;
}

/** Variables that tell an instance who it is; `${…}` of the same names expand to them in command, env and working_dir. */
export function toInstanceVariables(
  spec: ProcessSpec,
  index: number,
  socket: string | undefined,
): Record<string, string> {
  return {
    PM_PROCESS: spec.name,
    PM_INSTANCE: `${spec.name}-${index}`,
    PM_INSTANCE_INDEX: String(index),
    ...(socket === undefined ? {} : { PM_SOCKET: socket }),
    ...(spec.portBase === undefined ? {} : { PORT: String(spec.portBase + index - 1) }),
  };
}

/** HOME, USER and LOGNAME of the user a process runs as (login(1)). Whoever has no name does not get the supervisor's. */
export function withUser(
  env: Readonly<Record<string, string>>,
  credentials: Credentials | undefined,
): Readonly<Record<string, string>> {
  if (credentials === undefined) return env;
  const { USER: _user, LOGNAME: _logname, ...rest } = env;
  const { name, home } = credentials;
  return {
    ...rest,
    ...(name === undefined ? {} : { USER: name, LOGNAME: name }),
    HOME: home ?? '/',
  };
}
