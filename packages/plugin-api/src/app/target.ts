import { Refused } from '../problem.ts';

/** What the first line of a request asks for. */
export interface RequestTarget {
  /** As sent: still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads `/path?query`, and `http://host/path?query` as proxies send it. */
export function parseTarget(url: string): RequestTarget {
  const [, rest = ''] = /^(?:https?:\/\/[^/?#]*)?(.*)$/is.exec(url) ?? [];
  const [path = '', ...query] = (rest.startsWith('?') ? `/${rest}` : rest).split('?');
  if (!path.startsWith('/')) throw new Refused('PM_API_MALFORMED', 'the request asks for no path');
  return { path, query: new URLSearchParams(query.join('?')) };
}
