import { ConfigError, type Diagnostic, PmError } from '@pm-supervisor/core';
import type { Problem, ProblemDetail } from './routes/bodies.ts';
import { type ProblemCode, type ProblemCodeName, problemCodes } from './routes/problem-codes.ts';

export interface RefusalDetails {
  readonly hint?: string;
  readonly errors?: readonly ProblemDetail[];
  /** Headers of the answer: `Retry-After`, `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Nothing more is read of this connection. */
  readonly closes?: boolean;
  /** The operation that failed. */
  readonly operation?: string;
}

/** A request that is not carried out. Thrown anywhere on the way, answered as a problem. */
export class Refused extends Error {
  readonly code: ProblemCodeName;
  readonly details: RefusalDetails;

  constructor(code: ProblemCodeName, message: string, details: RefusalDetails = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

const codes: Readonly<Record<string, ProblemCode>> = problemCodes;

/** Any error as a problem. What is no error of pm's or of the request is a defect, and says nothing of its inside. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Refused) {
    const { hint, errors, operation } = error.details;
    return fill(error.code, error.message, { hint, errors, operation });
  }
  if (!(error instanceof PmError) || codes[error.code] === undefined) {
    return fill('PM_BUG', 'the request could not be carried out', {
      hint: 'The log of pm says more. Please report it.',
    });
  }
  const found =
    error instanceof ConfigError ? error.diagnostics.filter(({ severity }) => severity === 'error') : undefined;
  const errors = found?.map(toDetail);
  return fill(error.code, error.message, { hint: error.hint, errors });
}

function fill(
  code: string,
  detail: string,
  more: { readonly [K in 'hint' | 'errors' | 'operation']?: Problem[K] | undefined },
): Problem {
  const { status, title } = codes[code] ?? problemCodes.PM_BUG;
  const { hint, errors, operation } = more;
  return {
    type: `urn:pm:${code}`,
    title,
    status,
    detail,
    code,
    ...(hint === undefined ? {} : { hint }),
    ...(errors === undefined ? {} : { errors }),
    ...(operation === undefined ? {} : { operation }),
  };
}

function toDetail({ path, message, hint, position, source }: Diagnostic): ProblemDetail {
  const at = position === undefined ? source : `${position.file}:${position.line}:${position.column}`;
  return { path, message, ...(hint === undefined ? {} : { hint }), ...(at === undefined ? {} : { at }) };
}
