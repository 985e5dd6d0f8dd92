import { parseCapabilities, type Capability } from './capabilities.ts';

/** What `/proc/self/status` tells of the rights of a process. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Effective ones. */
  readonly capabilities: readonly Capability[];
  readonly noNewPrivileges: boolean;
  readonly seccomp: 'off' | 'strict' | 'filter';
}

/** Reads `/proc/PID/status` (proc(5)). Fields a kernel does not have count as absent rights. */
export function parseStatus(text: string): Credentials {
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const numbers = (name: string): number[] =>
    field(name)
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(Number);
  return {
    // Real, effective, saved, file system: the effective one decides.
    uid: numbers('Uid')[1] ?? 0,
    gid: numbers('Gid')[1] ?? 0,
    groups: numbers('Groups'),
    capabilities: parseCapabilities(field('CapEff') || '0'),
    noNewPrivileges: field('NoNewPrivs') === '1',
    seccomp: (['off', 'strict', 'filter'] as const)[Number(field('Seccomp'))] ?? 'off',
  };
}

/** Soft and hard; absent is unlimited. */
export interface Ulimit {
  readonly soft?: number;
  readonly hard?: number;
}

/** Reads one row of `/proc/PID/limits`, for example `Max open files`. */
export function parseUlimit(text: string, row: string): Ulimit {
  const [, soft, hard] = new RegExp(`^${row}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(text) ?? [];
  return { ...(isCount(soft) ? { soft: Number(soft) } : {}), ...(isCount(hard) ? { hard: Number(hard) } : {}) };
}

function isCount(word: string | undefined): boolean {
  return word !== undefined && /^\d+$/.test(word);
}

/** A mount as `/proc/self/mountinfo` shows it. */
export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
  /** Per-mount and per-file-system options together. */
  readonly options: readonly string[];
}

/** Reads `/proc/PID/mountinfo`, in the order of mounting: the last mount on a point is the one seen. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , , mountPoint, options = ''] = left.split(' ');
    const [type = '', , superOptions = ''] = right.split(' ');
    return mountPoint === undefined
      ? []
      : [{ mountPoint, type, options: [...options.split(','), ...superOptions.split(',')] }];
  });
}

/** The mount that holds `path`: the longest mount point above it, the latest of equals. */
export function findMount(mounts: readonly Mount[], path: string): Mount | undefined {
  const holds = ({ mountPoint }: Mount): boolean =>
    mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
  return mounts
    .filter(holds)
    .reduce<Mount | undefined>(
      (best, mount) => (best === undefined || mount.mountPoint.length >= best.mountPoint.length ? mount : best),
      undefined,
    );
}

/** The name a numeric id has in `/etc/passwd` or `/etc/group` (both are `NAME:x:ID:…`). */
export function findName(table: string, id: number): string | undefined {
  return table
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , own]) => own === String(id))?.[0];
}
