import type { EndMessage } from '../contract.ts';
import { DisconnectedError, ProtocolError } from '../errors.ts';
import type { StreamMessage } from './messages.ts';

/** The JSON of a message. Throws ProtocolError. */
export function readData({ event, data }: StreamMessage): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw new ProtocolError(`the data of "${event}" in the stream is not JSON`, { cause: error });
  }
}

/** The server ends the stream, and says why. */
export function toEndError(message: StreamMessage): DisconnectedError {
  const { reason, detail } = readData(message) as EndMessage;
  return new DisconnectedError(detail, { reason });
}
