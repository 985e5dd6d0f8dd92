import { readFileSync, writeFileSync } from 'node:fs';
import type { OsSpec } from '../plan/spec.ts';

const ownScore = '/proc/self/oom_score_adj';

/**
 * Runs `start` while we have the umask and the oom_score_adj that a child shall inherit, then puts ours back.
 * Synchronous, so nothing else of us runs meanwhile; set on the child after its start, they would come too late for
 * what it does first. Throws the kernel's EACCES when the score may not be lowered.
 */
export function withInheritedSettings<T>(settings: Pick<OsSpec, 'umask' | 'oomScoreAdj'>, start: () => T): T {
  return withScore(settings.oomScoreAdj, () => withUmask(settings.umask, start));
}

function withUmask<T>(mask: number | undefined, start: () => T): T {
  if (mask === undefined) return start();
  const before = process.umask(mask);
  try {
    return start();
  } finally {
    process.umask(before);
  }
}

function withScore<T>(score: number | undefined, start: () => T): T {
  if (score === undefined) return start();
  const before = readFileSync(ownScore, 'latin1');
  writeFileSync(ownScore, String(score));
  try {
    return start();
  } finally {
    // Back to where we were is always allowed: only going below one's own start needs a capability.
    writeFileSync(ownScore, before);
  }
}
