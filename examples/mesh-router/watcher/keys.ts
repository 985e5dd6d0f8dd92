/** Keys and values as the store holds them. */
export type Keys = ReadonlyMap<string, string>;

/** What every source is told. */
export interface SourceOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told once when the store cannot be read, and once when it can be again. */
  readonly tell: (message: string) => void;
}
