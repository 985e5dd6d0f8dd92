import type { DependencySpec, ProcessSpec } from '../plan/spec.ts';

/** What a gate has to know of another process. Times are monotonic milliseconds. */
export interface Standing {
  /** Not taking part in this boot (`only_if`, `skip_if`): counts as satisfied. */
  readonly skipped: boolean;
  /** false: nothing wants it up, and nothing will by itself. */
  readonly desiredUp: boolean;
  readonly failed: boolean;
  /** A longrun that ended with success and is not started again. */
  readonly ended: boolean;
  /** All wanted instances were spawned / are ready / ended with success: since when, or undefined. */
  readonly startedSince: number | undefined;
  readonly readySince: number | undefined;
  readonly completedSince: number | undefined;
  /** Something of it still exists. */
  readonly live: boolean;
  /** Why it failed or is not up, in words. */
  readonly why: string | undefined;
}

export interface GateQuestion {
  readonly spec: ProcessSpec;
  /** undefined: no such process. */
  standing(name: string): Standing | undefined;
  readonly now: number;
  /** When this instance began to wait. */
  readonly since: number;
  /** true: an automatic restart. Dependencies that are down for good do not keep it from coming back. */
  readonly again: boolean;
  /** Those it is in conflict with, whoever declared it. */
  readonly conflicts: readonly string[];
  /** Processes of earlier waves that were not spawned yet (boot only). */
  readonly earlierWaves: readonly string[];
}

export type GateAnswer =
  | { readonly verdict: 'open' }
  /** `until`: when to ask again at the latest. */
  | { readonly verdict: 'wait'; readonly why: string; readonly until?: number }
  | { readonly verdict: 'never'; readonly why: string };

const open: GateAnswer = { verdict: 'open' };

/** Whether a process may start now. Pure. A certain "never" wins over any "wait". */
export function askGate(question: GateQuestion): GateAnswer {
  const { spec } = question;
  const answers = [
    ...spec.dependsOn.map((dependency) => askDependency(dependency, question)),
    ...question.conflicts.map((name) => askConflict(name, question)),
    askWaves(question),
  ];
  return answers.find((answer) => answer.verdict === 'never') ?? toFirstWait(answers) ?? askWaitAfter(question) ?? open;
}

function toFirstWait(answers: readonly GateAnswer[]): GateAnswer | undefined {
  const waits = answers.filter((answer) => answer.verdict === 'wait');
  const [first] = waits;
  if (first === undefined) return undefined;
  const until = Math.min(...waits.map((wait) => wait.until ?? Infinity));
  return { verdict: 'wait', why: first.why, ...(Number.isFinite(until) ? { until } : {}) };
}

function askDependency(dependency: DependencySpec, question: GateQuestion): GateAnswer {
  const standing = question.standing(dependency.process);
  if (standing?.skipped === true) return open;
  const since = standing === undefined ? undefined : toMetSince(dependency, standing);
  if (since !== undefined) return askDelay(dependency, since, question);
  const hopeless = toHopeless(dependency, standing);
  if (hopeless !== undefined) {
    return dependency.optional || question.again ? open : { verdict: 'never', why: hopeless };
  }
  return askTimeout(dependency, standing, question);
}

function toMetSince({ condition }: DependencySpec, standing: Standing): number | undefined {
  if (condition === 'started') return standing.startedSince;
  if (condition === 'ready') return standing.readySince ?? standing.completedSince;
  return standing.completedSince;
}

function toHopeless({ process, condition }: DependencySpec, standing: Standing | undefined): string | undefined {
  if (standing === undefined) return `it depends on "${process}", which does not exist`;
  const because = standing.why === undefined ? '' : ` (${standing.why})`;
  if (standing.failed) return `its dependency "${process}" failed${because}`;
  if (!standing.desiredUp && !standing.live)
    return `its dependency "${process}" is not running${because} and nothing starts it`;
  if (standing.ended) return `its dependency "${process}" has ended and is not ${condition} any more`;
  return undefined;
}

function askDelay({ process, waitAfterMs }: DependencySpec, since: number, { now, again }: GateQuestion): GateAnswer {
  const until = since + waitAfterMs;
  if (again || now >= until) return open;
  return { verdict: 'wait', why: `waiting ${waitAfterMs} ms after "${process}" (wait_after)`, until };
}

function askTimeout(
  dependency: DependencySpec,
  standing: Standing | undefined,
  { since, now }: GateQuestion,
): GateAnswer {
  const { process, condition, timeoutMs, optional } = dependency;
  const because = standing?.why === undefined ? '' : ` (${standing.why})`;
  if (now >= since + timeoutMs) {
    return optional
      ? open
      : { verdict: 'never', why: `waited ${timeoutMs / 1000} s for "${process}" to be ${condition}${because}` };
  }
  return { verdict: 'wait', why: `waiting for "${process}" to be ${condition}${because}`, until: since + timeoutMs };
}

function askConflict(name: string, { standing }: GateQuestion): GateAnswer {
  return standing(name)?.live === true
    ? { verdict: 'wait', why: `waiting for "${name}" to stop (conflicts_with)` }
    : open;
}

function askWaves({ earlierWaves }: GateQuestion): GateAnswer {
  const [first] = earlierWaves;
  if (first === undefined) return open;
  const others = earlierWaves.length === 1 ? '' : ` and ${earlierWaves.length - 1} more`;
  return { verdict: 'wait', why: `waiting for "${first}"${others} to be spawned (priority)` };
}

/** The delay after all dependencies counts from the last of them. */
function askWaitAfter({ spec, standing, now, again, since }: GateQuestion): GateAnswer | undefined {
  if (again || spec.waitAfterMs === 0) return undefined;
  const met = spec.dependsOn.map((dependency) => {
    const other = standing(dependency.process);
    return other === undefined ? undefined : toMetSince(dependency, other);
  });
  const last = Math.max(since, ...met.map((time) => time ?? -Infinity));
  const until = last + spec.waitAfterMs;
  return now >= until ? undefined : { verdict: 'wait', why: `waiting ${spec.waitAfterMs} ms (wait_after)`, until };
}
