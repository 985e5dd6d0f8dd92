/** An error of the API (RFC 9457, application/problem+json). Members that are not listed come as they are. */
export interface Problem {
  readonly type?: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** A code of pm's table of errors. */
  readonly code?: string;
  /** What to do about it: one sentence. */
  readonly hint?: string;
  readonly [member: string]: unknown;
}

/**
 * Reads the body of an answer that is an error. Whatever stands there becomes a problem: a proxy in between may have
 * answered with a page of HTML, whose status is then all that counts.
 */
export function toProblem(status: number, statusText: string, body: string): Problem {
  const read = readObject(body);
  const title = textOf(read['title']) ?? (statusText === '' ? `HTTP ${status}` : statusText);
  const [detail, code, hint] = [textOf(read['detail']), textOf(read['code']), textOf(read['hint'])];
  const { detail: _, code: __, hint: ___, ...rest } = read;
  return {
    ...rest,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(code === undefined ? {} : { code }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function readObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
