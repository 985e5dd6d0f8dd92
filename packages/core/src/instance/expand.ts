import { expandInstance } from '../config/interpolate.ts';
import { expandCommand } from '../plan/command-line.ts';
import type { HookSpec, ProcessHookSet, ProcessSpec, ReadinessSource } from '../plan/spec.ts';

type Variables = Readonly<Record<string, string>>;

/** The declaration as one instance has it: `${PM_INSTANCE}`, `${PORT}` and the like are in place everywhere. */
export function expandSpec(spec: ProcessSpec, variables: Variables): ProcessSpec {
  const { workingDir, reloadCommand, stdin, shutdown, logging } = spec;
  const expand = (text: string): string => expandInstance(text, variables);
  return {
    ...spec,
    command: expandCommand(spec.command, variables),
    env: expandMap(spec.env, expand),
    hooks: expandHooks(spec.hooks, variables),
    readiness: expandReadiness(spec.readiness, variables),
    ...(workingDir === undefined ? {} : { workingDir: expand(workingDir) }),
    ...(reloadCommand === undefined ? {} : { reloadCommand: expandCommand(reloadCommand, variables) }),
    stdin: stdin.kind === 'path' ? { kind: 'path', path: expand(stdin.path) } : stdin,
    shutdown:
      shutdown.stopCommand === undefined
        ? shutdown
        : { ...shutdown, stopCommand: expandCommand(shutdown.stopCommand, variables) },
    logging: { ...logging, files: logging.files.map(expand) },
  };
}

function expandHooks(hooks: ProcessHookSet, variables: Variables): ProcessHookSet {
  const expandAll = (list: readonly HookSpec[]): readonly HookSpec[] => list.map((hook) => expandHook(hook, variables));
  return {
    preStart: expandAll(hooks.preStart),
    postStart: expandAll(hooks.postStart),
    preStop: expandAll(hooks.preStop),
    postStop: expandAll(hooks.postStop),
    finish: expandAll(hooks.finish),
  };
}

function expandHook(hook: HookSpec, variables: Variables): HookSpec {
  const expand = (text: string): string => expandInstance(text, variables);
  return {
    ...hook,
    command: expandCommand(hook.command, variables),
    env: expandMap(hook.env, expand),
    ...(hook.workingDir === undefined ? {} : { workingDir: expand(hook.workingDir) }),
  };
}

function expandReadiness(source: ReadinessSource, variables: Variables): ReadinessSource {
  if (source.kind === 'command') return { kind: 'command', command: expandCommand(source.command, variables) };
  if (source.kind === 'file') return { kind: 'file', path: expandInstance(source.path, variables) };
  return source;
}

function expandMap(map: Readonly<Record<string, string>>, expand: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, expand(value)]));
}
