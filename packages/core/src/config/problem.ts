import type { Diagnostic } from './diagnostic.ts';
import type { EntryPart, Merged } from './layer.ts';

/** What a gate needs of merged layers: the value, and where each part of it came from. */
export type Sourced = Pick<Merged, 'value' | 'positionOf' | 'sourceOf'>;

/** One problem found at a path. The first line of `text` is the message, the second the hint. */
export interface Problem {
  readonly path: string;
  readonly text: string;
  readonly part?: EntryPart;
}

/** An error with the place of its path, or with its source when that has no lines. */
export function toDiagnostic({ path, text, part }: Problem, merged: Sourced): Diagnostic {
  const [message = '', ...hint] = text.split('\n');
  const position = merged.positionOf(path, part);
  const source = position === undefined ? describeSource(path, merged) : undefined;
  return {
    severity: 'error',
    path,
    message,
    ...(hint.length === 0 ? {} : { hint: hint.join(' ') }),
    ...(position === undefined ? {} : { position }),
    ...(source === undefined ? {} : { source }),
  };
}

function describeSource(path: string, merged: Sourced): string | undefined {
  const source = merged.sourceOf(path);
  return source?.layer === 'plugin' ? `plugin ${source.from}` : source?.from;
}
