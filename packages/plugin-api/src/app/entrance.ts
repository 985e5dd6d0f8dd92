import type { IncomingHttpHeaders } from 'node:http';
import { type Acl, createAcl } from '../access/acl.ts';
import { type Authenticate, type Caller, createAuthenticate, toDoor } from '../access/callers.ts';
import { createRateLimit, type RateLimit } from '../access/rate-limit.ts';
import { isLoopback } from '../access/ranges.ts';
import type { Exchange } from '../http/gate.ts';
import { Refused } from '../problem.ts';
import type { ApiSettings } from '../settings.ts';

/** Who comes in, before it is known what is asked for. */
export interface Visitor {
  /** `unix`, `10.0.0.7`, `10.0.0.7 for 192.0.2.1`. */
  readonly from: string;
  /** undefined: nobody that is known. */
  readonly caller: Caller | undefined;
}

/** Lets a request in, or throws Refused. The socket is let in always: who may open it is the file system's business. */
export type Entrance = (exchange: Exchange) => Visitor;

/** `now` is milliseconds of a clock that never goes back. */
export function createEntrance({ tcp, tokens, rate }: ApiSettings, now: () => number): Entrance {
  const authenticate = createAuthenticate(toDoor(tokens, tcp));
  const acl = tcp?.acl === undefined ? undefined : createAcl(tcp.acl);
  const limit = rate === undefined ? undefined : createRateLimit(rate);
  return (exchange) => {
    const { transport, peer } = exchange.connection.origin;
    if (transport === 'unix') return { from: 'unix', caller: identify(exchange, authenticate) };
    // Before anything is computed. Keyed on who connects: a header can say anything.
    refuseOften(limit, peer, now());
    const { headers } = exchange.request;
    const client = acl === undefined ? peer : passAcl(acl, peer, headers);
    const caller = identify(exchange, authenticate);
    if (caller?.isAmbient === true) refuseOtherSites(headers);
    if (caller?.name === 'anonymous') refuseOtherHosts(headers);
    return { from: client === peer ? peer : `${peer} for ${client}`, caller };
  };
}

function identify({ request, connection }: Exchange, authenticate: Authenticate): Caller | undefined {
  const { transport, certificate } = connection.origin;
  return authenticate({ transport, authorization: request.headers.authorization, certificate });
}

function refuseOften(limit: RateLimit | undefined, peer: string, now: number): void {
  const seconds = limit?.(peer, now);
  if (seconds === undefined) return;
  throw new Refused('PM_API_RATE_LIMITED', `too many requests from ${peer}`, {
    headers: { 'retry-after': String(Math.ceil(seconds)) },
    hint: 'Raise rate_limit of the plugin api, or ask less often: a stream of events needs one request.',
    closes: true,
  });
}

function passAcl(acl: Acl, peer: string, headers: IncomingHttpHeaders): string {
  const forwarded = headers['x-forwarded-for'];
  const client = acl.clientOf(peer, Array.isArray(forwarded) ? forwarded.join(',') : forwarded);
  if (client !== undefined && acl.isAllowed(client)) return client;
  throw new Refused('PM_API_FORBIDDEN', `${client ?? 'an address that cannot be read'} is not let in`, {
    hint: 'See acl of the plugin api.',
    closes: true,
  });
}

/** A page of another site, in the browser of somebody who may reach this port, can send requests too. */
function refuseOtherSites({ origin, host = '' }: IncomingHttpHeaders): void {
  if (origin === undefined || URL.parse(origin)?.host === host.toLowerCase()) return;
  throw new Refused('PM_API_FORBIDDEN', 'requests from pages of other sites are not answered', { closes: true });
}

/** The same with a name of the other site that points here (DNS rebinding). With a token it could not know the token. */
function refuseOtherHosts({ host = '' }: IncomingHttpHeaders): void {
  const name = URL.parse(`http://${host}`)?.hostname.replaceAll(/^\[|\]$/g, '') ?? '';
  if (isLoopback(name)) return;
  throw new Refused('PM_API_FORBIDDEN', `this is not ${host}`, {
    hint: 'Use 127.0.0.1 or localhost as the host, or set a token.',
    closes: true,
  });
}
