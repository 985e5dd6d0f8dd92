import { ClientError } from './errors.ts';

/** Where the API is: the control socket, or a URL. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly secure: boolean;
      readonly host: string;
      readonly port: number;
      readonly prefix: string;
    };

/** Names the API's place: one of both. */
export interface EndpointOptions {
  /** Path of the control socket; pm puts it into `PM_SOCKET` for the processes it runs. */
  readonly socket?: string | undefined;
  /** `http://HOST:PORT` or `https://HOST:PORT`, where the option `port` of the API is set. A path before `/api` is kept. */
  readonly url?: string | undefined;
}

/** Pure. Throws ClientError where neither or both are given, or the URL is none. */
export function toEndpoint({ socket, url }: EndpointOptions): Endpoint {
  if (socket !== undefined && url !== undefined)
    throw new ClientError('both "socket" and "url" are given', { hint: 'Keep one of them.' });
  if (socket !== undefined && socket !== '') return { kind: 'socket', path: socket };
  if (url !== undefined && url !== '') return parseUrl(url);
  throw new ClientError('neither "socket" nor "url" says where the API is', {
    hint: 'Inside a supervised process: socket: process.env.PM_SOCKET.',
  });
}

function parseUrl(text: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new ClientError(`"${text}" is not an http or https URL`, { hint: 'Write it as http://127.0.0.1:9180.' });
  }
  if (url.username !== '' || url.password !== '') {
    throw new ClientError('the URL of the API must not carry a user or password', {
      hint: 'Give the token by itself; URLs end up in logs.',
    });
  }
  const secure = url.protocol === 'https:';
  return {
    kind: 'tcp',
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    prefix: url.pathname.replace(/\/$/, ''),
  };
}

/** For messages: never with a secret in it. */
export function showEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'socket') return endpoint.path;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.secure ? 'https' : 'http'}://${host}:${endpoint.port}${endpoint.prefix}`;
}
