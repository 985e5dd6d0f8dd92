import type { EventMessage, GapMessage, QueryOf, Status } from '../contract.ts';
import { toRequestLine } from '../request-line.ts';
import type { Wire } from '../transport/wire.ts';
import { readData } from './payload.ts';
import { subscribe, type StreamOptions } from './subscription.ts';

const route = 'GET /api/v1/events';

/** Which events; see the route. */
export type EventQuery = Omit<QueryOf<typeof route>, 'follow'>;

/** What the stream of events brings. */
export type EventItem =
  /** How everything is at this moment; the events that follow come after it. */
  | { readonly kind: 'snapshot'; readonly status: Status }
  | { readonly kind: 'event'; readonly event: EventMessage }
  /** Events between two numbers are lost; a snapshot follows. */
  | { readonly kind: 'gap'; readonly gap: GapMessage };

/** Events in their order, over as many connections as it takes, each once. */
export async function* readEvents(
  wire: Wire,
  query: EventQuery,
  options: StreamOptions = {},
): AsyncGenerator<EventItem> {
  const toRequest = (lastId: string | undefined): { path: string } =>
    toRequestLine(route, { query: { ...query, ...(lastId === undefined ? {} : { since: lastId }) } });
  for await (const message of subscribe(wire, toRequest, options)) {
    const data = readData(message);
    if (message.event === 'snapshot') yield { kind: 'snapshot', status: data as Status };
    else if (message.event === 'gap') yield { kind: 'gap', gap: data as GapMessage };
    else yield { kind: 'event', event: data as EventMessage };
  }
}
