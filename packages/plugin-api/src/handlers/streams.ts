import { toEventMessage } from '../event-message.ts';
import { type LogQuery, readLogs, type Source } from '../log-lines.ts';
import { readMoment } from '../moment.ts';
import { Refused } from '../problem.ts';
import type { LogLine } from '../routes/bodies.ts';
import { createStreamClient, type StreamClient } from '../streams/client.ts';
import { toTypeFilter } from '../streams/event-stream.ts';
import { type ApiContext, type ApiRequest, flagOf, type Handler, numberOf, ok, textOf } from './handler.ts';
import { findSources, toNames } from './targets.ts';

/** More than any dashboard; each costs a descriptor. */
const mostStreams = 1500;

export const getEvents: Handler = (context, request) => {
  const wants = toTypeFilter(textOf(request, 'types'));
  const since = numberOf(request, 'since') ?? toSequence(request.exchange.request.headers['last-event-id']);
  if (request.parameters['follow'] === false || asksForJson(request)) {
    const { events, gap } = context.pm.events.since(since ?? 0);
    return ok({
      seq: context.pm.events.seq,
      gap: gap && since !== undefined,
      events: events.filter(({ type }) => wants(type)).map(toEventMessage),
    });
  }
  const client = openStream(context, request, (gone) => context.events.leave(gone));
  context.events.join(client, { since, wants });
  return undefined;
};

export const getLogs: Handler = (context, request) => {
  const names = toNames(textOf(request, 'name') ?? '');
  const follows = names.length === 0 ? () => true : findSources(context, names);
  const query = toLogQuery(context, request, follows);
  if (!flagOf(request, 'follow')) {
    const logs = readLogs(context.pm.logs, context.pm.logs.sources(), query);
    return ok({ limit: query.limit, count: logs.length, logs });
  }
  const client = openStream(context, request, (gone) => context.logs.leave(gone));
  context.logs.join(client, query, follows);
  return undefined;
};

function toLogQuery(context: ApiContext, request: ApiRequest, follows: (source: Source) => boolean): LogQuery {
  const sources = context.pm.logs.sources().filter(follows);
  const known = request.exchange.request.headers['last-event-id'];
  const after = textOf(request, 'since') ?? (typeof known === 'string' ? known : undefined);
  const since = after === undefined ? undefined : readMoment(after, context.clock.now());
  if (after !== undefined && since === undefined) {
    throw new Refused('PM_API_INVALID', 'a parameter is wrong', {
      errors: [{ path: 'since', message: `"${after}" is neither a time (2026-01-31T12:00:00Z) nor a duration (5m)` }],
    });
  }
  const limit = numberOf(request, 'tail') ?? numberOf(request, 'limit') ?? (since === undefined ? 100 : 100_000);
  return {
    instances: new Set(sources.map(({ instance }) => instance)),
    limit,
    since,
    level: textOf(request, 'level') as LogLine['level'] | undefined,
    stream: textOf(request, 'stream') as LogLine['stream'] | undefined,
  };
}

function toSequence(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** `curl` and browsers say that they take anything: they get the stream. */
function asksForJson({ exchange, parameters }: ApiRequest): boolean {
  return parameters['follow'] === undefined && exchange.request.headers.accept === 'application/json';
}

function openStream(
  { hub, pm }: ApiContext,
  { exchange, from }: ApiRequest,
  leave: (client: StreamClient) => void,
): StreamClient {
  if (hub.size >= mostStreams)
    throw new Refused('PM_API_RATE_LIMITED', `${mostStreams} streams are open`, { headers: { 'retry-after': '10' } });
  const client: StreamClient = createStreamClient({
    response: exchange.response,
    connection: exchange.connection,
    turn: hub.turn,
    onEnded() {
      hub.remove(client);
      leave(client);
    },
    onSilent: () => hub.doubt(client),
    onSlow: () =>
      pm.logger.warn(`api: a stream to ${from} is ended, because it is not read (${exchange.request.url ?? ''})`),
  });
  hub.add(client);
  return client;
}
