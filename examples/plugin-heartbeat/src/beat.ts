import { expandInstance, type InstanceView } from '@pm-supervisor/core';
import type { HeartbeatSpec } from './section.ts';

/** How a heart is. */
export interface Beat {
  /** Milliseconds since the epoch of the last beat that arrived. */
  readonly lastAt?: number;
  /** Beats missed in a row. */
  readonly missed: number;
}

/** After a beat that arrived at a time, or was missed (`undefined`): how the heart is now, and what is news. */
export function toNext(
  beat: Beat,
  arrivedAt: number | undefined,
): { readonly next: Beat; readonly news?: 'missed' | 'recovered' } {
  if (arrivedAt !== undefined)
    return { next: { lastAt: arrivedAt, missed: 0 }, ...(beat.missed > 0 ? { news: 'recovered' as const } : {}) };
  return { next: { ...beat, missed: beat.missed + 1 }, ...(beat.missed === 0 ? { news: 'missed' as const } : {}) };
}

/** Every instance has a file of its own, if the user says so: `/run/beats/${PM_INSTANCE}`. */
export function expandFor(
  spec: HeartbeatSpec,
  { id, process, index }: Pick<InstanceView, 'id' | 'process' | 'index'>,
): HeartbeatSpec {
  const variables = { PM_INSTANCE: id, PM_PROCESS: process, PM_INSTANCE_INDEX: String(index) };
  return {
    ...spec,
    ...(spec.file === undefined ? {} : { file: expandInstance(spec.file, variables) }),
    ...(spec.url === undefined ? {} : { url: expandInstance(spec.url, variables) }),
  };
}
