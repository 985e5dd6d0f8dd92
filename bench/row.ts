/** Who a figure is of: a supervisor, or what it is held against. */
export type Subject = 'pm' | 's6' | 'runit' | 'supervisord' | 'pm2' | 'node' | 'cat';

/** What pm's figure is judged by: `text` is how the budget is written, `limit` what it comes to in this run. */
export interface Budget {
  readonly text: string;
  readonly limit: number;
  readonly is: 'most' | 'least';
}

/** One thing that was measured. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Every run of each subject. */
  readonly runs: Readonly<Partial<Record<Subject, readonly number[]>>>;
  readonly budget?: Budget;
}

export function atMost(limit: number, text: string = `≤ ${limit}`): Budget {
  return { text, limit, is: 'most' };
}

export function atLeast(limit: number, text: string = `≥ ${limit}`): Budget {
  return { text, limit, is: 'least' };
}

/** The middle one; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const pair = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return pair.reduce((sum, value) => sum + value, 0) / pair.length;
}

/** The smallest value that at least this share of all is not above. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN;
}

/** The median of a subject's runs; undefined where it was not measured. */
export function figureOf({ runs }: Row, subject: Subject): number | undefined {
  const values = runs[subject];
  return values === undefined || values.length === 0 ? undefined : median(values);
}

/** Whether pm keeps the budget. A figure that is missing does not. */
export function isBehind(row: Row): boolean {
  if (row.budget === undefined) return false;
  const { limit, is } = row.budget;
  const figure = figureOf(row, 'pm') ?? NaN;
  return !(is === 'most' ? figure <= limit : figure >= limit);
}
