import type { GlobalDraft } from '../draft.ts';
import type { SectionRegistry } from '../sections.ts';
import { environmentEntries } from './environment.ts';
import { duration, flag, integer, oneOf, text } from './leaf.ts';
import type { Schema } from './leaf.ts';
import { restartEntries, restartPolicy } from './restart.ts';
import type { Entries } from './leaf.ts';
import { choiceOf, mapOf, refine } from './structure.ts';

export function globalEntries(): Entries {
  return {
    shutdown_timeout: choiceOf<number | 'auto'>({ what: 'a duration or auto', type: 'duration or auto' }, [
      { when: (input) => input === 'auto', schema: oneOf(['auto']) },
      { when: () => true, schema: duration() },
    ]),
    dependency_timeout: duration(),
    process_start_timeout: duration(),
    restart_policy: restartPolicy(),
    ...restartEntries(),
    on_process_failure: oneOf(['continue', 'shutdown']),
    on_idle: oneOf(['exit', 'stay']),
    max_process_scale: integer({ min: 1, example: 100 }),
    log_format: oneOf(['auto', 'json', 'text', 'raw']),
    log_level: logLevel(),
    log_timestamps: flag(),
    log_overflow: oneOf(['block', 'drop']),
    log_buffer: integer({
      min: 0,
      max: 1_000_000,
      example: 1000,
      hint: 'It is a number of lines, kept in memory per instance.',
    }),
    ...environmentEntries(),
    zombie_reap_interval: duration(),
    runtime_dir: refine(text({ what: 'a folder or auto' }), (folder) => (folder === 'auto' ? undefined : folder)),
  };
}

export function logLevel(): Schema<'debug' | 'info' | 'warn' | 'error'> {
  return oneOf(['debug', 'info', 'warn', 'error'], { warning: 'warn' });
}

export function globalSchema(registry: SectionRegistry): Schema<Omit<GlobalDraft, 'sections'>> {
  return mapOf(globalEntries(), {
    what: 'a map of global settings',
    foreign: (key) => registry.ownerOf('global', key) !== undefined,
  });
}
