import { readDuration } from '@pm-supervisor/core';

/** Milliseconds since the epoch as RFC 3339. */
export function toMoment(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same, or null. */
export function toMomentOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : toMoment(ms);
}

/** Milliseconds to seconds, with three digits. */
export function toSeconds(ms: number): number {
  return Math.round(Math.max(0, ms)) / 1000;
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/i;

/** A time, or a duration before now, as milliseconds since the epoch; undefined: neither. */
export function readMoment(text: string, now: number): number | undefined {
  if (rfc3339.test(text)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : ms;
  }
  const duration = readDuration(text);
  return duration.ok ? now - duration.value : undefined;
}
