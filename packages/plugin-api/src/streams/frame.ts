/** One message of a stream, in the format of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface Message {
  readonly event: string;
  readonly data: unknown;
  /** What the client gives back as Last-Event-ID. */
  readonly id?: string | number;
}

/** A message as bytes, to be sent to many. JSON has no line breaks, so `data` is one line. */
export function toFrame({ event, data, id }: Message): Buffer {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Means nothing, and shows both sides that the other is there. */
export const heartbeat: Buffer = Buffer.from(':\n\n');
