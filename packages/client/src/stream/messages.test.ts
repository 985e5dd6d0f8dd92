import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMessageParser, readMessages, type StreamMessage } from './messages.ts';

const parse = (text: string): StreamMessage[] => createMessageParser().take(text);

test.each<[string, string, StreamMessage[]]>([
  ['a message', 'event: log\nid: 7\ndata: x\n\n', [{ event: 'log', data: 'x', id: '7' }]],
  ['no name', 'data: x\n\n', [{ event: 'message', data: 'x', id: undefined }]],
  ['several lines of data', 'data: a\ndata: b\n\n', [{ event: 'message', data: 'a\nb', id: undefined }]],
  [
    'only one space after the colon belongs to the syntax',
    'data:  a\ndata:b\n\n',
    [{ event: 'message', data: ' a\nb', id: undefined }],
  ],
  ['a comment is a heartbeat', ': beat\n\n', []],
  ['no data is no message, but its id counts', 'id: 3\n\ndata: x\n\n', [{ event: 'message', data: 'x', id: '3' }]],
  [
    'an id stays for the messages after it',
    'id: 3\ndata: x\n\ndata: y\n\n',
    [
      { event: 'message', data: 'x', id: '3' },
      { event: 'message', data: 'y', id: '3' },
    ],
  ],
  [
    'a name does not stay',
    'event: log\ndata: x\n\ndata: y\n\n',
    [
      { event: 'log', data: 'x', id: undefined },
      { event: 'message', data: 'y', id: undefined },
    ],
  ],
  ['an id with NUL is ignored', 'id: a\0b\ndata: x\n\n', [{ event: 'message', data: 'x', id: undefined }]],
  ['unknown fields are ignored', 'retry: 5\nfoo\ndata: x\n\n', [{ event: 'message', data: 'x', id: undefined }]],
  [
    'CR and CRLF end lines too',
    'data: a\r\rdata: b\r\n\r\n',
    [
      { event: 'message', data: 'a', id: undefined },
      { event: 'message', data: 'b', id: undefined },
    ],
  ],
  ['what does not end is dropped', 'data: a\n', []],
])('messages: %s', (_, text, expected) => {
  expect(parse(text)).toEqual(expected);
});

test('messages: wherever the bytes are cut, the messages are the same', async () => {
  const text = '\uFEFFevent: a\r\nid: 1\rdata: häß€😀\ndata:\n\n: beat\r\n\r\ndata: {"b":"\\n"}\r\rdata: z\n\n';
  const whole = await Array.fromAsync(readMessages(toChunks([Buffer.from(text)])));
  expect(whole.map(({ data }) => data)).toEqual(['häß€😀\n', '{"b":"\\n"}', 'z']);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(Buffer.from(text).length), { maxLength: 20 }), async (cuts) => {
      expect(await Array.fromAsync(readMessages(toChunks(cut(Buffer.from(text), cuts))))).toEqual(whole);
    }),
  );
});

test('messages: one without an end is not kept for ever', async () => {
  const endless = async function* (): AsyncGenerator<Buffer> {
    const chunk = Buffer.alloc(8 * 1024 * 1024, 'x');
    yield Buffer.from('data: ');
    for (let sent = 0; sent < 100; sent += 1) yield chunk;
  };
  await expect(Array.fromAsync(readMessages(endless()))).rejects.toThrow('a message without an end');
  const lines = async function* (): AsyncGenerator<Buffer> {
    const chunk = Buffer.from(`data: ${'x'.repeat(1024 * 1024)}\n`);
    for (let sent = 0; sent < 100; sent += 1) yield chunk;
  };
  await expect(Array.fromAsync(readMessages(lines()))).rejects.toThrow('a message without an end');
});

async function* toChunks(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}
