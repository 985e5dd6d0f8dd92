import { ProtocolError } from '../errors.ts';

/** One message of a stream of server-sent events. */
export interface StreamMessage {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The last id the stream gave, with this message or before it. */
  readonly id: string | undefined;
}

/** A stream whose messages are longer is not pm's. */
const longestMessage = 64 * 1024 * 1024;

/**
 * Splits bytes into messages as the HTML standard says (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * lines end with CR, LF or both, and a message with an empty line; what is left without one at the end is dropped.
 * Throws ProtocolError for a message that does not end.
 */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  const parser = createMessageParser();
  for await (const chunk of chunks) yield* parser.take(decoder.decode(chunk, { stream: true }));
}

export interface MessageParser {
  /** The messages that this text completes. */
  take(text: string): StreamMessage[];
}

export function createMessageParser(): MessageParser {
  let rest = '';
  /** A CR was the last character: an LF that follows belongs to it. */
  let afterReturn = false;
  let fields = createFields(undefined);

  const takeLine = (line: string): StreamMessage | undefined => {
    if (line !== '') {
      addLine(fields, line);
      return undefined;
    }
    const { data, event, id } = fields;
    fields = createFields(id);
    return data === undefined ? undefined : { event: event ?? 'message', data: data.join('\n'), id };
  };

  return {
    take(text) {
      const fresh = afterReturn && text.startsWith('\n') ? text.slice(1) : text;
      if (text !== '') afterReturn = text.endsWith('\r');
      // The old rest has no line end in it: only what is new is searched.
      const lines = fresh.split(/\r\n|\r|\n/);
      lines[0] = rest + (lines[0] ?? '');
      rest = lines.pop() ?? '';
      const messages = lines.map(takeLine).filter((message) => message !== undefined);
      if (rest.length + fields.length > longestMessage)
        throw new ProtocolError('the stream has a message without an end');
      return messages;
    },
  };
}

interface Fields {
  data: string[] | undefined;
  event: string | undefined;
  id: string | undefined;
  length: number;
}

function createFields(id: string | undefined): Fields {
  return { data: undefined, event: undefined, id, length: 0 };
}

function addLine(fields: Fields, line: string): void {
  const colon = line.indexOf(':');
  // A comment: the heartbeat.
  if (colon === 0) return;
  const name = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
  if (name === 'data') {
    (fields.data ??= []).push(value);
    fields.length += value.length;
  } else if (name === 'event') fields.event = value;
  else if (name === 'id' && !value.includes('\0')) fields.id = value;
}
