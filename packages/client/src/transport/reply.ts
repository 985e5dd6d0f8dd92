import { ApiError, ProtocolError } from '../errors.ts';
import { toProblem } from '../problem.ts';
import type { Answer, OpenAnswer } from './wire.ts';

/** The value an answer carries; undefined for 204. Throws ApiError for a refusal, ProtocolError for what is not JSON. */
export function readReply({ status, statusText, headers, text }: Answer): unknown {
  if (status >= 400) throw new ApiError(toProblem(status, statusText, text));
  if (status >= 300 || status < 200)
    throw new ProtocolError(`unexpected answer ${status} ${statusText}`, { hint: notPm });
  if (status === 204 || text === '') return undefined;
  if (!isJson(headers['content-type']))
    throw new ProtocolError(`the answer is ${headers['content-type'] ?? 'of no type'}, not JSON`, { hint: notPm });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError('the answer is not JSON, though it says so', { cause: error });
  }
}

const notPm = 'Is this the API of pm? Its address ends before /api/v1.';

function isJson(type: string | undefined): boolean {
  return /^application\/([\w.+-]+\+)?json\b/i.test(type ?? '');
}

export function expectStream(answer: OpenAnswer): OpenAnswer {
  const type = answer.headers['content-type'] ?? '';
  if (answer.status === 200 && /^text\/event-stream\b/i.test(type)) return answer;
  answer.close();
  throw new ProtocolError(`the answer is ${type === '' ? 'of no type' : type}, not a stream`, { hint: notPm });
}
