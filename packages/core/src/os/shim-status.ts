import type { SpawnStage } from '../errors.ts';
import type { SignalName } from '../plan/spec.ts';
import { toSignalName } from './signal-numbers.ts';

/** What svexec has said on its status descriptor so far (packages/native/README.md, "Status lines"). */
export interface ShimStatus {
  /** The service's own pid. */
  readonly pid?: number;
  /** `exec` succeeded. */
  readonly running: boolean;
  readonly failure?: { readonly stage: SpawnStage | 'usage'; readonly errno: number };
  /** The main process has ended. */
  readonly end?: { readonly code: number | null; readonly signal: SignalName | null };
  /** Descendants that had to be ended; known once all is over. */
  readonly leftovers?: number;
  /** Descendants that the kernel forbids to kill; -1: unknown. */
  readonly unkillable?: number;
}

export const noStatus: ShimStatus = { running: false };

/** Pure: one more line. Lines that a newer svexec might add change nothing. */
export function readStatusLine(status: ShimStatus, line: string): ShimStatus {
  const [kind, ...words] = line.split(' ');
  const [first = 0, second = 0] = words.map(Number);
  switch (kind) {
    case 'P':
      return { ...status, pid: first };
    case 'R':
      return { ...status, running: true };
    case 'E':
      return { ...status, failure: { stage: toStage(words[0]), errno: second } };
    case 'D':
      return { ...status, end: toEnd(first, second) };
    case 'X':
      return { ...status, unkillable: first };
    case 'L':
      return { ...status, leftovers: first };
    default:
      return status;
  }
}

/** A real-time signal has no name in Node; its death is shown as a shell shows it. */
function toEnd(code: number, signal: number): { code: number | null; signal: SignalName | null } {
  if (signal === 0) return { code, signal: null };
  const name = toSignalName(signal);
  return name ? { code: null, signal: name } : { code: 128 + signal, signal: null };
}

function toStage(word: string | undefined): SpawnStage | 'usage' {
  return word === 'cwd' ? 'working_dir' : ((word ?? 'usage') as SpawnStage | 'usage');
}
