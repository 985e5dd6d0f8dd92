/** The command line cannot be understood; exit 64. */
export class UsageError extends Error {
  /** What to do about it: one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}
