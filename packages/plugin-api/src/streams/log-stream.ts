import type { KeptLine, LogFeed } from '@pm-supervisor/core';
import { isWanted, type LogQuery, readLogs, type Source, toLogLine } from '../log-lines.ts';
import type { LogLine } from '../routes/bodies.ts';
import type { StreamClient } from './client.ts';
import { toFrame } from './frame.ts';

export interface LogStreamPorts {
  readonly logs: LogFeed;
  /** Everything that has output now. */
  readonly sources: () => readonly Source[];
}

export interface LogStream {
  /** Sends the kept lines that are asked for, then each as it is written. `follows`: is a source one of those asked for? */
  join(client: StreamClient, query: LogQuery, follows: (source: Source) => boolean): void;
  leave(client: StreamClient): void;
}

/** One subscription, and one frame for each line, however many follow. */
export function createLogStream({ logs, sources }: LogStreamPorts): LogStream {
  const clients = new Map<StreamClient, (source: Source, line: KeptLine) => boolean>();
  let unfollow: (() => void) | undefined;

  const tell = (process: string, instance: string, line: KeptLine): void => {
    const source = { process, instance };
    let frame: Buffer | undefined;
    for (const [client, wants] of clients) {
      if (wants(source, line)) client.send((frame ??= toLineFrame(toLogLine(source, line))));
    }
  };
  return {
    join(client, query, follows) {
      const kept = readLogs(logs, sources(), query);
      // In one piece: a client is not slow because much has been kept for it.
      if (kept.length > 0) client.send(Buffer.concat(kept.map(toLineFrame)));
      clients.set(client, (source, line) => follows(source) && isWanted(line, { ...query, since: undefined }));
      unfollow ??= logs.follow(tell);
    },
    leave(client) {
      clients.delete(client);
      if (clients.size > 0) return;
      unfollow?.();
      unfollow = undefined;
    },
  };
}

/** Its time is its name: who comes back with it gets the lines of that millisecond again, and none is missed. */
function toLineFrame(line: LogLine): Buffer {
  return toFrame({ event: 'line', data: line, id: line.time });
}
