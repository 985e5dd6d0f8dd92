import type { ProcessDraft, ReadyDraft } from '../../config/draft.ts';
import { joinPath } from '../../config/path.ts';
import { toSideCommand } from './command.ts';
import { resolvePath } from './environment.ts';
import type { Building } from './building.ts';
import type { ReadinessSource } from '../spec.ts';

interface ReadinessScope {
  readonly building: Building;
  readonly draft: ProcessDraft;
  readonly workingDir: string | undefined;
  readonly path: string;
}

/** Which event opens the readiness of an instance. */
export function toReadiness(
  draft: ProcessDraft,
  place: { path: string; workingDir: string | undefined },
  building: Building,
): ReadinessSource {
  const { ready } = draft;
  if (ready === undefined) return { kind: 'spawned' };
  const scope = { building, draft, workingDir: place.workingDir, path: joinPath(place.path, 'ready') };
  warnOfShared(ready, scope);
  return toSource(ready, scope);
}

function toSource(ready: ReadyDraft, scope: ReadinessScope): ReadinessSource {
  const { building, draft, path } = scope;
  if (ready.external !== undefined) return { kind: 'external', owner: ready.external };
  if (ready.after !== undefined) return { kind: 'after', delayMs: ready.after };
  if (ready.fd !== undefined) return toNotifyFd(ready.fd, scope);
  if (ready.notify !== undefined) return { kind: 'notify' };
  if (ready.log !== undefined) return toLogPattern(ready.log, scope);
  if (ready.file !== undefined) return { kind: 'file', path: resolvePath(ready.file, scope.workingDir, building) };
  if (ready.port !== undefined) return toPort(ready.port, scope);
  if (ready.command !== undefined) {
    return {
      kind: 'command',
      command: toSideCommand(ready.command, joinPath(path, 'command'), { building, shell: draft.shell }),
    };
  }
  building.report.error(
    path,
    '"ready" does not say what to wait for',
    'Set one of after, fd, notify, log, file, port, command; or remove "ready".',
  );
  return { kind: 'spawned' };
}

/** 0, 1 and 2 are stdin and the logs. Above 255 every child would carry a table of that many descriptors. */
function toNotifyFd(fd: number, { building, path }: ReadinessScope): ReadinessSource {
  if (!Number.isInteger(fd) || fd < 3 || fd > 255) {
    const what =
      fd >= 0 && fd <= 2
        ? `descriptor ${fd} is ${['stdin', 'stdout', 'stderr'][fd] ?? ''} of the process`
        : `${fd} is not a descriptor from 3 to 255`;
    building.report.error(
      joinPath(path, 'fd'),
      what,
      'Use the number the program writes its newline to, for example 3.',
    );
  }
  return { kind: 'fd', fd };
}

function toLogPattern(pattern: string, { building, path }: ReadinessScope): ReadinessSource {
  try {
    new RegExp(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error);
    building.report.error(
      joinPath(path, 'log'),
      `not a regular expression: ${reason}`,
      'Escape characters that are meant literally with a backslash.',
    );
  }
  return { kind: 'log', pattern };
}

function toPort(port: number, { building, path }: ReadinessScope): ReadinessSource {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    building.report.error(joinPath(path, 'port'), `${port} is not a port`, 'Ports are 1 to 65535.');
  }
  return { kind: 'port', port };
}

/** With several instances one port or file tells of whichever came first. */
function warnOfShared(ready: ReadyDraft, { building, draft, path }: ReadinessScope): void {
  if ((draft.scale ?? 1) < 2) return;
  const shared =
    ready.port !== undefined
      ? 'port'
      : ready.file !== undefined && !ready.file.includes('${PM_INSTANCE')
        ? 'file'
        : undefined;
  if (shared === undefined) return;
  const hint =
    shared === 'file'
      ? 'Put ${PM_INSTANCE} into the path.'
      : 'Use "ready: {command: …}" with ${PORT}, or another kind of readiness.';
  building.report.warning(
    joinPath(path, shared),
    `all ${draft.scale ?? 1} instances are asked at the same ${shared}`,
    hint,
  );
}
