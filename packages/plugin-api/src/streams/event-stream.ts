import type { EventFeed, PmEvent } from '@pm-supervisor/core';
import { toEventMessage } from '../event-message.ts';
import type { Status } from '../routes/status.ts';
import type { StreamClient } from './client.ts';
import { toFrame } from './frame.ts';

export interface EventStreamPorts {
  readonly events: EventFeed;
  /** The picture as of now. */
  readonly status: () => Status;
}

export interface EventStream {
  /** Sends what the client needs to be up to date, then every event. `since`: the last it knows. */
  join(client: StreamClient, options: EventOptions): void;
  leave(client: StreamClient): void;
}

export interface EventOptions {
  readonly since: number | undefined;
  readonly wants: (type: string) => boolean;
}

/** One subscription, and one frame for each event, however many listen. */
export function createEventStream({ events, status }: EventStreamPorts): EventStream {
  const clients = new Map<StreamClient, EventOptions['wants']>();
  let unsubscribe: (() => void) | undefined;
  let picture: { readonly seq: number; readonly frame: Buffer } | undefined;

  const tell = (event: PmEvent): void => {
    let frame: Buffer | undefined;
    for (const [client, wants] of clients) {
      if (wants(event.type)) client.send((frame ??= toEventFrame(event)));
    }
  };
  /** A thousand clients that come back at once get the same picture. */
  const takePicture = (): Buffer => {
    if (picture?.seq !== events.seq) {
      const { seq } = events;
      picture = { seq, frame: toFrame({ event: 'snapshot', data: status(), id: seq }) };
    }
    return picture.frame;
  };
  return {
    join(client, options) {
      // All in one turn: nothing can happen between what is sent now and the first event after it.
      catchUp(client, options);
      clients.set(client, options.wants);
      unsubscribe ??= events.subscribe(tell);
    },
    leave(client) {
      clients.delete(client);
      if (clients.size > 0) return;
      unsubscribe?.();
      unsubscribe = undefined;
      picture = undefined;
    },
  };

  function catchUp(client: StreamClient, { since, wants }: EventOptions): void {
    if (since === undefined) return client.send(takePicture());
    const { events: missed, gap } = events.since(since);
    // A number from the future is from the life of another supervisor.
    if (!gap && since <= events.seq) {
      // In one piece: a client is not slow because it was away for long.
      const frames = missed.filter(({ type }) => wants(type)).map(toEventFrame);
      return frames.length === 0 ? undefined : client.send(Buffer.concat(frames));
    }
    client.send(toFrame({ event: 'gap', data: { after: since, oldest: missed[0]?.seq ?? events.seq + 1 } }));
    client.send(takePicture());
  }
}

function toEventFrame(event: PmEvent): Buffer {
  return toFrame({ event: event.type, data: toEventMessage(event), id: event.seq });
}

/** `instance.*,plan.applied`: whole groups and single types. Nothing: all. */
export function toTypeFilter(types: string | undefined): (type: string) => boolean {
  if (types === undefined || types === '') return () => true;
  const patterns = types.split(',');
  return (type) =>
    patterns.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern));
}
