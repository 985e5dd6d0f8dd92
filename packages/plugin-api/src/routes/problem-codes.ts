/** What a code of a problem means, and the status it is answered with. */
export interface ProblemCode {
  readonly status: number;
  readonly title: string;
}

/**
 * Every code a problem of the API can carry: its own, and those of commands and configurations. Codes of core that are
 * not here are answered with 500.
 */
export const problemCodes = {
  PM_API_MALFORMED: { status: 400, title: 'The request cannot be read: its syntax, its JSON, its encoding.' },
  PM_API_INVALID: { status: 400, title: 'The body, or a parameter, is not what this route takes.' },
  PM_API_UNAUTHENTICATED: { status: 401, title: 'No token was given, or one that is not known.' },
  PM_API_FORBIDDEN: { status: 403, title: 'The caller may not do this: by its role, or by its address.' },
  PM_API_NOT_FOUND: { status: 404, title: 'There is no such path, or no such thing at it.' },
  PM_API_NO_PROVIDER: { status: 404, title: 'The plugin that answers this is not switched on.' },
  PM_API_PROVIDER_FAILED: { status: 500, title: 'The plugin that answers this failed.' },
  PM_API_METHOD: { status: 405, title: 'The path exists, but not for this method.' },
  PM_API_TIMEOUT: { status: 408, title: 'The request did not arrive in time.' },
  PM_API_TOO_LARGE: { status: 413, title: 'The body is larger than api.max_request_body.' },
  PM_API_MEDIA_TYPE: { status: 415, title: 'The body is not JSON.' },
  PM_API_EXPECTATION: { status: 417, title: 'An expectation in the Expect header that the server does not know.' },
  PM_API_RATE_LIMITED: { status: 429, title: 'Too many requests, operations or streams.' },
  PM_API_HEADERS: { status: 431, title: 'The headers are too large.' },
  PM_COMMAND_INVALID: { status: 422, title: 'The arguments of a command are wrong.' },
  PM_COMMAND_REFUSED: { status: 409, title: 'A command was refused by a plugin or by the state the supervisor is in.' },
  PM_COMMAND_TIMEOUT: {
    status: 409,
    title: 'The wait for a command ended before its target reached the state asked for.',
  },
  PM_COMMAND_UNKNOWN_TARGET: {
    status: 404,
    title: 'A command names a process, instance or bundle that does not exist.',
  },
  PM_CONFIG_INVALID: { status: 422, title: 'The configuration has errors; each is a diagnostic with a position.' },
  PM_CONFIG_NOT_FOUND: { status: 422, title: 'No configuration file was found in any of the places searched.' },
  PM_CONFIG_UNREADABLE: { status: 422, title: 'The configuration file exists but cannot be read.' },
  PM_PLAN_INVALID: { status: 422, title: 'A plugin produced a plan that does not pass the meaning gate.' },
  PM_PLUGIN_FAILED: { status: 422, title: 'A plugin threw or ran over its time limit.' },
  PM_PLUGIN_INVALID: {
    status: 422,
    title: 'A module was found but is not a pm plugin, or is made for another version of core.',
  },
  PM_PLUGIN_NOT_FOUND: { status: 422, title: 'A plugin named in the configuration cannot be resolved.' },
  PM_SPAWN_FAILED: { status: 409, title: 'The operating system refused to start a process.' },
  PM_BUG: { status: 500, title: 'Something that must not happen did: a defect of pm.' },
} as const;

/** A key of `problemCodes`. */
export type ProblemCodeName = keyof typeof problemCodes;
