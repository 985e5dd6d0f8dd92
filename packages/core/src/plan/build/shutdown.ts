import type { ProcessDraft } from '../../config/draft.ts';
import { shellKillMode, shutdownDefaults } from '../../config/defaults.ts';
import { joinPath } from '../../config/path.ts';
import { didYouMean } from '../../config/suggest.ts';
import { toSideCommand } from './command.ts';
import type { Building } from './building.ts';
import { allSignals, readSignal, readStopSignal } from './signals.ts';
import type { SignalReading } from './signals.ts';
import type { ShutdownSpec, SignalName } from '../spec.ts';

/** How the process is stopped. With a shell, the stop signal goes to the whole group by default: shells do not pass it on. */
export function toShutdown(draft: ProcessDraft, path: string, building: Building): ShutdownSpec {
  const shutdown = draft.shutdown ?? {};
  const at = joinPath(path, 'shutdown');
  const isShell = draft.shell !== undefined && draft.shell !== false;
  const stopCommand = draft.stop_command;
  const signal = toSignal(shutdown.signal ?? shutdownDefaults.signal, joinPath(at, 'signal'), {
    building,
    read: readStopSignal,
  });
  const killSignal = toSignal(shutdown.kill_signal ?? shutdownDefaults.kill_signal, joinPath(at, 'kill_signal'), {
    building,
    read: readStopSignal,
  });
  if (stopCommand !== undefined && shutdown.signal !== undefined) {
    building.report.warning(
      joinPath(at, 'signal'),
      `${shutdown.signal} is never sent: "stop_command" stands instead of the stop signal`,
      'Remove one of the two.',
    );
  }
  return {
    signal,
    timeoutMs: shutdown.timeout ?? shutdownDefaults.timeout,
    killSignal,
    killMode: shutdown.kill_mode ?? (isShell ? shellKillMode : shutdownDefaults.kill_mode),
    graceful: shutdown.graceful ?? shutdownDefaults.graceful,
    ...(stopCommand === undefined
      ? {}
      : { stopCommand: toSideCommand(stopCommand, joinPath(path, 'stop_command'), { building, shell: draft.shell }) }),
  };
}

/** The signal, or SIGTERM in its place after the problem was reported. */
export function toSignal(
  name: string,
  path: string,
  { building, read = readSignal }: { building: Building; read?: (name: string) => SignalReading },
): SignalName {
  const reading = read(name);
  if (reading.ok) return reading.signal;
  building.report.error(path, reading.message, didYouMeanSignal(name) ?? reading.hint);
  return 'SIGTERM';
}

function didYouMeanSignal(name: string): string | undefined {
  // A real signal that is not fit for the purpose, or a real-time one, is no misspelling.
  return readSignal(name).ok || name.startsWith('SIGRT') ? undefined : didYouMean(name, allSignals);
}
