import type { Pm } from './pm.ts';

/** The pids that an instance has had so far, the present one last; as `pm` says them in its log. */
export function pidsOf(pm: Pm, instance: string): readonly number[] {
  return pm.out.texts.flatMap((text) => {
    const match = /^pm: (\S+) started \(pid (\d+)\)$/.exec(text);
    return match?.[1] === instance ? [Number(match[2])] : [];
  });
}

/** The order in which instances were started from the given line of the log on. */
export function startsSince(pm: Pm, line: number): readonly string[] {
  return pm.out.texts.slice(line).flatMap((text) => /^pm: (\S+) started \(pid/.exec(text)?.[1] ?? []);
}
