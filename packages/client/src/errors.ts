import type { Problem } from './problem.ts';

/** Base of all errors of this library. `message` says what went wrong, `hint` what to do about it. */
export class ClientError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** The supervisor answered, and the answer is no. `message` is its own explanation. */
export class ApiError extends ClientError {
  /** The HTTP status. */
  readonly status: number;
  /** A code of pm's table of errors (`PM_COMMAND_UNKNOWN_TARGET`), or undefined where something in between answered. */
  readonly code: string | undefined;
  /** The whole answer (RFC 9457), with the members that the problem adds. */
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title, problem.hint === undefined ? {} : { hint: problem.hint });
    this.status = problem.status;
    this.code = problem.code;
    this.problem = problem;
  }
}

/** Nobody answers there: no supervisor runs, or this user may not talk to it. `cause` is the system's error. */
export class UnreachableError extends ClientError {
  /** Where it was tried: the path of a socket, or a URL. */
  readonly endpoint: string;

  constructor(
    message: string,
    options: { readonly endpoint: string; readonly hint?: string; readonly cause?: unknown },
  ) {
    super(message, options);
    this.endpoint = options.endpoint;
  }
}

/** No answer within the time limit. What was asked for may go on. */
export class TimeoutError extends ClientError {}

/** Why a server ends a stream. */
export type EndReason = 'slow' | 'closing' | 'renewed' | 'limit';

/** The connection broke in the middle of an answer or a stream. What was asked for may go on. */
export class DisconnectedError extends ClientError {
  /**
   * Where the server ended a stream by itself: it was read too slowly, the supervisor stops, its API was set up anew (and
   * can be reached again in a moment), there are too many streams.
   */
  readonly reason: EndReason | undefined;

  constructor(
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown; readonly reason?: EndReason } = {},
  ) {
    super(message, options);
    this.reason = options.reason;
  }
}

/** What answers is not pm, or speaks another version of its API. */
export class ProtocolError extends ClientError {}
