import type { CommandDraft, ShellDraft } from '../../config/draft.ts';
import type { Building } from './building.ts';
import { parseCommand } from '../command-line.ts';
import type { CommandLine } from '../spec.ts';

/** Stands in for a command that was refused: the plan is thrown away, the other checks still run. */
const refused: CommandLine = { kind: 'argv', argv: ['/bin/false'] };

/** The command at `path`; problems are reported there. `shell` is the key beside it, if any. */
export function toCommand(
  draft: CommandDraft,
  path: string,
  scope: { building: Building; shell?: ShellDraft | undefined },
): CommandLine {
  const { report } = scope.building;
  const parsed = parseCommand(draft, scope.shell ?? false);
  if (!parsed.ok) {
    report.error(path, parsed.problem.message, parsed.problem.hint);
    return refused;
  }
  for (const warning of parsed.warnings) report.warning(path, warning.message, warning.hint);
  return parsed.command;
}

/** Further commands of a process: a text goes to the process's shell, if it has one; a list never does. */
export function toSideCommand(
  draft: CommandDraft,
  path: string,
  scope: { building: Building; shell?: ShellDraft | undefined },
): CommandLine {
  return toCommand(draft, path, typeof draft === 'string' ? scope : { building: scope.building });
}
