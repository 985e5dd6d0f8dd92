import { setTimeout as pause } from 'node:timers/promises';
import type { Keys, SourceOptions } from './keys.ts';

export interface EtcdOptions extends SourceOptions {
  /** `http://127.0.0.1:2379` */
  readonly url: string;
  /** Only keys that begin so. */
  readonly prefix: string;
}

const answerMs = 10_000;
const retryMs = 1000;

/**
 * The keys of an etcd (v3, over its JSON gateway), now and after every change. While it cannot be reached it says nothing:
 * what runs goes on. After every loss all keys are read again, so it does not matter what was missed.
 */
export async function* watchEtcd(options: EtcdOptions): AsyncGenerator<Keys> {
  const { signal, tell, url } = options;
  let isAway = false;
  for (; ; await pause(retryMs, undefined, { signal })) {
    try {
      let known = await readKeys(options);
      if (isAway) tell(`${url} is back`);
      isAway = false;
      yield known.keys;
      for await (const revision of watchRevisions(options, known.revision + 1n)) {
        if (revision <= known.revision) continue;
        known = await readKeys(options);
        yield known.keys;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WatchLost) continue;
      if (!isAway) tell(`${url}: ${toReason(error)}; what runs goes on`);
      isAway = true;
    }
  }
}

/** A watch ends for many reasons. Whether etcd is away shows when it is asked again. */
class WatchLost extends Error {}

interface Known {
  readonly keys: Keys;
  readonly revision: bigint;
}

interface RangeAnswer {
  readonly header: { readonly revision: string };
  readonly kvs?: readonly { readonly key: string; readonly value?: string }[];
}

async function readKeys(options: EtcdOptions): Promise<Known> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(answerMs)]);
  const answer = await post(`${options.url}/v3/kv/range`, toRange(options.prefix), signal);
  const { header, kvs = [] } = (await answer.json()) as RangeAnswer;
  const keys = new Map(kvs.map(({ key, value = '' }) => [toText(key), toText(value)]));
  return { keys, revision: BigInt(header.revision) };
}

interface WatchMessage {
  readonly result?: {
    readonly header: { readonly revision: string };
    readonly events?: readonly unknown[];
    readonly canceled?: boolean;
  };
}

/**
 * The revision of each change from one on. Throws WatchLost when the watch ends: with the connection, or because etcd has
 * compacted what was asked for. fetch ends a stream on which nothing came for five minutes, so that a connection that is
 * dead without a word is found out too.
 */
async function* watchRevisions({ url, prefix, signal }: EtcdOptions, from: bigint): AsyncGenerator<bigint> {
  try {
    const request = { ...toRange(prefix), start_revision: String(from) };
    const { body } = await post(`${url}/v3/watch`, { create_request: request }, signal);
    for await (const line of readLines(body)) {
      const { result } = JSON.parse(line) as WatchMessage;
      if (result === undefined || result.canceled === true) break;
      if (result.events !== undefined) yield BigInt(result.header.revision);
    }
  } catch (error) {
    throw new WatchLost('the watch has ended', { cause: error });
  }
  throw new WatchLost('the watch has ended');
}

async function post(url: string, body: unknown, signal: AbortSignal): Promise<Response> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer;
}

async function* readLines(body: Response['body']): AsyncGenerator<string> {
  let rest = '';
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** From the prefix to what would follow all that begin with it. */
function toRange(prefix: string): { key: string; range_end: string } {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return { key: Buffer.from(prefix).toString('base64'), range_end: end.toString('base64') };
}

function toText(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

/** fetch says only "fetch failed"; its cause says why. */
function toReason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
