import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { Credentials } from '../plan/spec.ts';
import { type LimitSet, readLimits } from './limits.ts';

/** Numbers of capabilities(7) that starting processes needs. */
const capabilityBits = { CAP_KILL: 5, CAP_SETGID: 6, CAP_SETUID: 7, CAP_SYS_NICE: 23, CAP_SYS_RESOURCE: 24 } as const;

export type Capability = keyof typeof capabilityBits;

/** Who we are and what we may: every child starts from this. */
export interface Privileges {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly capabilities: ReadonlySet<Capability>;
  readonly nice: number;
  readonly limits: LimitSet;
}

/** Reads the supervisor's own. They do not change while it runs. */
export function readPrivileges(): Privileges {
  const uid = process.geteuid?.() ?? 0;
  return {
    uid,
    gid: process.getegid?.() ?? 0,
    groups: process.getgroups?.() ?? [],
    capabilities: readCapabilities(uid),
    nice: getPriority(),
    limits: readLimits(),
  };
}

/** What has to change for a child to run as `wanted`. */
export function identityChange(wanted: Credentials | undefined, own: Privileges): 'none' | 'groups' | 'user' {
  if (!wanted) return 'none';
  if (wanted.uid !== own.uid || wanted.gid !== own.gid) return 'user';
  return sameGroups(wanted, own) ? 'none' : 'groups';
}

/**
 * Our own groups are what is asked for. Without CAP_SETGID nobody can take any away, so there it is enough that
 * none is missing: the container's runtime gave us the others on purpose (fsGroup of Kubernetes).
 */
function sameGroups(wanted: Credentials, own: Privileges): boolean {
  const ours = new Set([...own.groups, own.gid]);
  const theirs = new Set([...wanted.groups, wanted.gid]);
  const missing = [...theirs].some((group) => !ours.has(group));
  const extra = [...ours].some((group) => !theirs.has(group));
  return !missing && (!extra || !own.capabilities.has('CAP_SETGID'));
}

function readCapabilities(uid: number): ReadonlySet<Capability> {
  const all = Object.entries(capabilityBits) as [Capability, number][];
  const mask = effectiveMask() ?? (uid === 0 ? ~0n : 0n);
  return new Set(all.filter(([, bit]) => (mask >> BigInt(bit)) & 1n).map(([name]) => name));
}

function effectiveMask(): bigint | undefined {
  try {
    const match = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'));
    return match ? BigInt(`0x${match[1]}`) : undefined;
  } catch {
    return undefined;
  }
}
