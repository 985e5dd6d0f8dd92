import type { PlanDiff } from '@pm-supervisor/core';
import type { Diff } from './routes/bodies.ts';

export function toDiff({ added, removed, changed, unchanged, globalKeys, plugins }: PlanDiff): Diff {
  return { added, removed, changed, unchanged, global_keys: globalKeys, plugins };
}
