import type { ProcessDraft } from '../../config/draft.ts';
import { processDefaults } from '../../config/defaults.ts';
import { instanceVariables } from '../../config/interpolate.ts';
import { joinPath } from '../../config/path.ts';
import type { Building, Declared, Inherited } from '../build/building.ts';
import type { Report } from '../build/report.ts';

/** Keys of one process that contradict each other, or do nothing together. */
export function checkProcess({ name, draft, path }: Declared, inherited: Inherited, { report }: Building): void {
  checkName(name, path, report);
  checkScale(draft, path, { report, ceiling: inherited.maxScale });
  checkTerminal(draft, path, report);
  checkOneshot(draft, path, report);
  checkPostScript(draft, path, report);
  checkOwnVariables(draft, path, report);
}

/** Records of the supervisor have `process: "pm"`, and so has its output when it is asked for. */
function checkName(name: string, path: string, report: Report): void {
  if (name !== 'pm') return;
  report.error(path, '"pm" is the supervisor itself', 'Rename it: logs could not tell the two apart.');
}

function checkScale(draft: ProcessDraft, path: string, { report, ceiling }: { report: Report; ceiling: number }): void {
  const { scale = processDefaults.scale, max_scale: max } = draft;
  const refuse = (key: 'scale' | 'max_scale', message: string, hint: string): void =>
    report.error(joinPath(path, key), message, hint);
  for (const [key, value] of [
    ['scale', scale],
    ['max_scale', max ?? 0],
  ] as const) {
    if (!Number.isInteger(value) || value < 0)
      refuse(key, `${value} is not a number of instances`, 'Use a whole number; 0 is stopped.');
  }
  if (max !== undefined && max > ceiling) {
    refuse(
      'max_scale',
      `max_scale ${max} is above the ceiling of ${ceiling}`,
      `Lower it, or raise "global.max_process_scale".`,
    );
  } else if (scale > (max ?? ceiling)) {
    const limit = max === undefined ? 'global.max_process_scale' : 'max_scale';
    refuse('scale', `scale ${scale} is above ${limit} ${max ?? ceiling}`, `Lower it, or raise "${limit}".`);
  }
}

/** A terminal is one stream in both directions. */
function checkTerminal(draft: ProcessDraft, path: string, report: Report): void {
  if (draft.tty !== true) return;
  if (draft.stdin !== undefined && draft.stdin !== 'null') {
    report.error(
      joinPath(path, 'stdin'),
      '"stdin" does nothing with "tty: true": the terminal is the input',
      'Remove one of the two.',
    );
  }
  if (draft.logging?.stderr !== undefined && draft.logging.stderr !== (draft.logging.stdout ?? true)) {
    const at = joinPath(joinPath(path, 'logging'), 'stderr');
    report.error(
      at,
      '"stderr" does nothing with "tty: true": a terminal mixes stderr into stdout',
      'Set "logging.stdout", or remove "tty".',
    );
  }
}

/** Keys that only mean something for a process that is meant to stay up. */
function checkOneshot(draft: ProcessDraft, path: string, report: Report): void {
  if (draft.type !== 'oneshot') return;
  if (draft.max_memory !== undefined) {
    const hint = 'Use "resources: {memory_max: …}" to bound it.';
    report.error(joinPath(path, 'max_memory'), 'a oneshot is not restarted, so "max_memory" does nothing', hint);
  }
  if (draft.reload_command !== undefined || draft.reload_signal !== undefined) {
    const key = draft.reload_command === undefined ? 'reload_signal' : 'reload_command';
    report.warning(
      joinPath(path, key),
      'a oneshot is rarely there to be reloaded',
      'Start it again instead, or make it "type: longrun".',
    );
  }
}

function checkPostScript(draft: ProcessDraft, path: string, report: Report): void {
  if (draft.post_script_timeout === undefined || draft.post_script !== undefined) return;
  report.error(
    joinPath(path, 'post_script_timeout'),
    '"post_script_timeout" does nothing without "post_script"',
    'Add "post_script", or remove it.',
  );
}

/** Variables that every instance gets from pm win over what is written. */
function checkOwnVariables(draft: ProcessDraft, path: string, report: Report): void {
  for (const name of instanceVariables) {
    if (draft.env?.[name] === undefined || (name === 'PORT' && draft.port_base === undefined)) continue;
    report.error(
      joinPath(joinPath(path, 'env'), name),
      `${name} is set by pm for every instance, so this value does nothing`,
      name === 'PORT' ? 'Remove it, or remove "port_base".' : 'Remove it, or use another name.',
    );
  }
}
