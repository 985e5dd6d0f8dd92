import type { LoggingDraft, ProcessDraft, ReadyDraft, ResourcesDraft, ShutdownDraft } from '../draft.ts';
import type { SectionRegistry } from '../sections.ts';
import { command, shell } from './command.ts';
import { condition, conflicts, dependencies, waitAfter } from './dependencies.ts';
import { environmentEntries, labels, paths } from './environment.ts';
import { logLevel } from './global.ts';
import { hook, processHooks } from './hooks.ts';
import { accept, decimal, duration, flag, integer, leaf, oneOf, path, refuse, signal, size } from './leaf.ts';
import type { Schema } from './leaf.ts';
import { limits } from './limits.ts';
import { restartEntries, restartPolicy } from './restart.ts';
import type { Entries } from './leaf.ts';
import { choiceOf, listOf, mapOf, refine } from './structure.ts';

/** The schema of one process. Whether it has a command is asked only of the whole (`required`), not of a part such as a profile. */
export function processSchema(registry: SectionRegistry, required: boolean): Schema<Omit<ProcessDraft, 'sections'>> {
  return mapOf(processEntries(registry), {
    what: 'a process such as {command: [nginx]}',
    required: required ? ['command'] : [],
    foreign: (key) => registry.ownerOf('process', key) !== undefined,
  });
}

export function processEntries(registry: SectionRegistry): Entries {
  return {
    ...lifeEntries(),
    ...environmentEntries(),
    ...systemEntries(),
    ...orderEntries(),
    ...restartEntries(),
    ...scriptEntries(),
    shutdown: shutdown(),
    labels: labels(),
    logging: loggingSchema(registry),
  };
}

function lifeEntries(): Entries {
  return {
    enabled: flag(),
    only_if: condition(),
    skip_if: condition(),
    type: oneOf(['longrun', 'oneshot']),
    command: command(),
    shell: shell(),
    stop_command: command(),
    reload_command: command(),
    reload_signal: signal(),
    initial_state: oneOf(['running', 'stopped']),
    restart: restartPolicy(),
    success_exit_codes: listOf(exitCode(), { what: 'a list such as [0, 143, SIGTERM]', orOne: true, filled: true }),
    scale: integer({ min: 0, example: 4 }),
    max_scale: integer({ min: 1, example: 10 }),
    port_base: integer({ min: 1, max: 65_535, example: 8000 }),
    ready: ready(),
  };
}

function systemEntries(): Entries {
  return {
    nice: integer({ min: -20, max: 19, example: 10 }),
    oom_score_adj: integer({ min: -1000, max: 1000, example: -500 }),
    limits: limits(),
    resources: resources(),
    max_memory: size(),
    tty: flag(),
    stdin: path('null, inherit or a path'),
    log_file: paths(),
  };
}

function orderEntries(): Entries {
  return {
    priority: integer({ min: -1_000_000, max: 1_000_000, example: 10 }),
    depends_on: dependencies(),
    wait_after: waitAfter(),
    conflicts_with: conflicts(),
    required: flag(),
  };
}

function scriptEntries(): Entries {
  return {
    hooks: processHooks(),
    pre_script: path('the path of a script'),
    post_script: path('the path of a script'),
    post_script_timeout: duration(),
  };
}

function exitCode(): Schema<number | string> {
  const code: Schema<number | string> = integer({ min: 0, max: 255, example: 143 });
  const name: Schema<number | string> = signal();
  return choiceOf<number | string>({ what: 'an exit code or a signal such as SIGTERM', type: 'exit code or signal' }, [
    { when: (input) => typeof input === 'string' && /^[A-Za-z]/.test(input), schema: name },
    { when: () => true, schema: code },
  ]);
}

function ready(): Schema<ReadyDraft> {
  const entries: Entries = {
    after: duration(),
    fd: integer({ min: 0, max: 1023, example: 3 }),
    notify: flag(),
    log: pattern(),
    file: path(),
    port: integer({ min: 1, max: 65_535, example: 8080 }),
    command: command(),
  };
  const names = Object.keys(entries);
  return refine(
    mapOf<Omit<ReadyDraft, 'notify'> & { notify?: boolean }>(entries, {
      what: `a map with one of ${names.join(', ')}`,
    }),
    (value, fail) => {
      const given = Object.keys(value);
      if (given.length !== 1)
        fail(`needs exactly one of ${names.join(', ')}, has ${given.length === 0 ? 'none' : given.join(' and ')}`);
      if (value.notify === false)
        fail('notify: false says nothing', 'Leave "ready" out: a process is then ready once it is spawned.');
      return value as ReadyDraft;
    },
  );
}

/** A regular expression, as text. It is compiled here once, so that a broken one has a position. */
function pattern(): Schema<string> {
  return leaf({ type: 'regular expression', json: { type: 'string', format: 'regex' } }, (input) => {
    if (typeof input !== 'string' || input === '')
      return refuse('expected a regular expression such as "listening on"');
    try {
      new RegExp(input);
      return accept(input);
    } catch (error) {
      return refuse(`not a regular expression: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

function resources(): Schema<ResourcesDraft> {
  return mapOf<ResourcesDraft>(
    {
      memory_max: size(),
      cpu_max: decimal({ min: 0.01, max: 4096, example: 0.5, hint: 'It is a number of CPUs: 0.5 is half of one.' }),
      pids_max: integer({ min: 1, example: 64 }),
    },
    { what: 'a map of memory_max, cpu_max, pids_max' },
  );
}

function shutdown(): Schema<ShutdownDraft> {
  return mapOf<ShutdownDraft>(
    {
      signal: signal(),
      timeout: duration(),
      kill_signal: signal(),
      kill_mode: oneOf(['mixed', 'group', 'process']),
      pre_stop_hook: hook(),
      graceful: flag(),
    },
    { what: 'a map such as {signal: SIGQUIT, timeout: 30s}' },
  );
}

export function loggingEntries(): Entries {
  return { stdout: flag(), stderr: flag(), labels: labels(), min_level: logLevel() };
}

function loggingSchema(registry: SectionRegistry): Schema<Omit<LoggingDraft, 'sections'>> {
  return mapOf(loggingEntries(), {
    what: 'a map of log settings',
    foreign: (key) => registry.ownerOf('logging', key) !== undefined,
  });
}
