import type { ServerResponse } from 'node:http';
import type { EndMessage } from '../routes/bodies.ts';
import type { Connection } from '../http/connection.ts';
import { heartbeat, toFrame } from './frame.ts';
import type { Turn } from './turn.ts';

/** One reader of a stream. */
export interface StreamClient {
  /** Sends a frame. A client that has not taken what came before is ended instead. */
  send(frame: Buffer): void;
  /** Finds out whether the other side is there: by a write that means nothing, unless what was sent before is still on its way. */
  probe(): void;
  /** Says that this side is there; ends a client that has taken nothing since the last time but one. */
  beat(): void;
  /** Says why, and ends. Idempotent. */
  end(message: EndMessage): void;
  /** Bytes it has not taken yet. */
  readonly unsent: number;
}

export interface ClientOptions {
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly turn: Turn;
  /** The client is gone, or was ended. Called once. */
  readonly onEnded: () => void;
  /** The other side sends no more: it has said everything, or it is gone. */
  readonly onSilent: () => void;
  /** It did not read. */
  readonly onSlow: () => void;
}

/** What one client may leave unread, beside one message however large: the first may be a picture of a thousand processes. */
const mostUnsent = 1024 * 1024;
/** Time to take what it has left, once it is told that this is the end. */
const lastMs = 5000;
/** Beats without any progress. */
const mostSilentBeats = 2;

/** No chunks: the connection is the stream, and ends with it. Every byte fewer counts a thousand times. */
const head = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  connection: 'close',
};

/** Begins the answer: from now on frames can be sent. */
export function createStreamClient(options: ClientOptions): StreamClient {
  const { response, connection, onEnded, onSilent, onSlow } = options;
  const outbox = createOutbox(options);
  const countSilence = createSilenceCounter(connection.socket);
  let ended = false;
  let allowance = 0;
  response.useChunkedEncodingByDefault = false;
  response.shouldKeepAlive = false;
  response.writeHead(200, head);
  response.flushHeaders();
  connection.unlimit();
  response.once('close', finish);
  connection.socket.once('end', () => {
    if (!ended) onSilent();
  });
  const client: StreamClient = {
    get unsent() {
      return outbox.unsent;
    },
    send(frame) {
      if (ended) return;
      const { unsent } = outbox;
      if (unsent > mostUnsent + allowance) return cut();
      if (unsent === 0) allowance = 0;
      allowance = Math.max(allowance, frame.length);
      outbox.add(frame);
    },
    probe() {
      if (!ended && client.unsent === 0) outbox.add(heartbeat);
    },
    beat() {
      if (ended) return;
      if (client.unsent === 0) client.probe();
      else if (countSilence() >= mostSilentBeats) cut();
    },
    end(message) {
      if (ended) return;
      finish();
      outbox.flush();
      connection.limit(lastMs);
      response.end(toFrame({ event: 'end', data: message }));
    },
  };
  return client;

  function finish(): void {
    if (ended) return;
    ended = true;
    onEnded();
  }

  /** Ended before it is told: what is told is a line that followers of the log get, this one too. */
  function cut(): void {
    client.end({ reason: 'slow', detail: `${client.unsent} bytes were not read` });
    onSlow();
  }
}

interface Outbox {
  add(frame: Buffer): void;
  flush(): void;
  /** Bytes that the other side has not taken: of this turn, and of those before. */
  readonly unsent: number;
}

/** All that is sent in one turn is one write of the system: a busy log is thousands of lines in a turn. */
function createOutbox({ response, turn }: Pick<ClientOptions, 'response' | 'turn'>): Outbox {
  let frames: Buffer[] = [];
  // Asked of the response once a turn: a thousand clients are sent ten frames in one, and each is asked before each.
  let unsent = 0;
  const flush = (): void => {
    if (frames.length === 0) return;
    const piece = turn.join(frames);
    frames = [];
    response.write(piece);
  };
  return {
    add(frame) {
      if (frames.length === 0) {
        unsent = response.writableLength;
        turn.end(flush);
      }
      frames.push(frame);
      unsent += frame.length;
    },
    flush,
    get unsent() {
      return frames.length === 0 ? response.writableLength : unsent;
    },
  };
}

/** How many times in a row it was asked and the other side had taken nothing since. */
function createSilenceCounter(socket: Connection['socket']): () => number {
  let taken = -1;
  let silent = 0;
  return () => {
    const now = socket.bytesWritten - socket.writableLength;
    silent = now === taken ? silent + 1 : 0;
    taken = now;
    return silent;
  };
}
