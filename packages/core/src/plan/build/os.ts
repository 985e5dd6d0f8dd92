import type { ProcessDraft } from '../../config/draft.ts';
import { joinPath } from '../../config/path.ts';
import { toProcessCredentials } from './credentials.ts';
import type { Building, Inherited } from './building.ts';
import type { LimitName, OsSpec, ResourceLimit } from '../spec.ts';

/** What the operating system is asked to set before `exec`. */
export function toOs(draft: ProcessDraft, path: string, scope: { building: Building; inherited: Inherited }): OsSpec {
  const { building, inherited } = scope;
  const credentials = toProcessCredentials(draft, path, scope);
  const umask = draft.umask ?? inherited.umask;
  checkRange(draft.nice, joinPath(path, 'nice'), { building, from: -20, to: 19 });
  checkRange(draft.oom_score_adj, joinPath(path, 'oom_score_adj'), { building, from: -1000, to: 1000 });
  const resources = toResources(draft);
  return {
    ...(credentials === undefined ? {} : { credentials }),
    ...(umask === undefined ? {} : { umask }),
    ...(draft.nice === undefined ? {} : { nice: draft.nice }),
    ...(draft.oom_score_adj === undefined ? {} : { oomScoreAdj: draft.oom_score_adj }),
    limits: checkLimits(draft.limits ?? {}, joinPath(path, 'limits'), building),
    ...(resources === undefined ? {} : { resources }),
  };
}

function checkRange(
  value: number | undefined,
  path: string,
  { building, from, to }: { building: Building; from: number; to: number },
): void {
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return;
  building.report.error(path, `${value} is out of range`, `Use a whole number from ${from} to ${to}.`);
}

function checkLimits(
  limits: Partial<Record<LimitName, ResourceLimit>>,
  path: string,
  { report }: Building,
): OsSpec['limits'] {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit.soft <= limit.hard) continue;
    report.error(
      joinPath(path, name),
      `the soft limit (${limit.soft}) is above the hard one (${limit.hard})`,
      'The kernel refuses that: raise the hard limit, or lower the soft one.',
    );
  }
  return limits;
}

function toResources({ resources }: ProcessDraft): OsSpec['resources'] {
  if (resources === undefined || Object.keys(resources).length === 0) return undefined;
  return {
    ...(resources.memory_max === undefined ? {} : { memoryMax: resources.memory_max }),
    ...(resources.cpu_max === undefined ? {} : { cpuMax: resources.cpu_max }),
    ...(resources.pids_max === undefined ? {} : { pidsMax: resources.pids_max }),
  };
}
