import type { LimitName, OsSpec, ResourceLimit } from '../plan/spec.ts';
import { limitNumbers } from './limits.ts';
import { identityChange, type Privileges } from './privileges.ts';

/** Everything that svexec is told. */
export interface ShimOrder {
  readonly file: string;
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly os: OsSpec;
  readonly statusFd: number;
  /** Messages of sd_notify(3) are copied there. */
  readonly messageFd?: number;
  /** Stay as the service's subreaper. */
  readonly monitor: boolean;
  readonly terminal: 'none' | 'new' | 'foreground';
  /** `cgroup.procs` files to join. */
  readonly cgroups: readonly string[];
  /** Between SIGTERM and SIGKILL for what the main process leaves behind. */
  readonly graceMs: number;
}

/** Pure: the command line of svexec, see packages/native/README.md. */
export function toShimArgs(order: ShimOrder, own: Privileges): string[] {
  const { os } = order;
  return [
    ...(order.monitor ? ['-S', '-w', String(order.graceMs)] : ['-P', '15']),
    ...terminalOptions[order.terminal],
    ...['-i', String(order.statusFd)],
    ...option('-k', order.messageFd),
    ...order.cgroups.flatMap((path) => ['-c', path]),
    ...option('-o', os.oomScoreAdj),
    ...limitOptions(os),
    ...option('-n', os.nice),
    ...identityOptions(os, own),
    ...option('-m', os.umask?.toString(8)),
    ...['-d', order.cwd, '--', order.file, ...order.argv],
  ];
}

const terminalOptions: Readonly<Record<ShimOrder['terminal'], readonly string[]>> = {
  none: [],
  new: ['-s', '-t'],
  foreground: ['-f'],
};

/** Nothing is asked where nothing changes: without privileges setgroups(2) fails even then. */
function identityOptions({ credentials }: OsSpec, own: Privileges): string[] {
  if (!credentials || identityChange(credentials, own) === 'none') return [];
  const { uid, gid, groups } = credentials;
  return ['-G', groups.join(','), '-g', String(gid), '-u', String(uid)];
}

function limitOptions({ limits }: OsSpec): string[] {
  const entries = Object.entries(limits) as [LimitName, ResourceLimit][];
  return entries.flatMap(([name, { soft, hard }]) => ['-r', `${limitNumbers[name]}:${toWord(soft)}:${toWord(hard)}`]);
}

function toWord(limit: number): string {
  return Number.isFinite(limit) ? String(limit) : 'inf';
}

function option(flag: string, value: number | string | undefined): string[] {
  return value === undefined ? [] : [flag, String(value)];
}
