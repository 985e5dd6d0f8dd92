import type { Subject } from '../row.ts';

/** Figures of several runs as they come in. */
export type Runs = Partial<Record<Subject, number[]>>;

export function note(runs: Runs, subject: Subject, figure: number): void {
  (runs[subject] ??= []).push(figure);
}
