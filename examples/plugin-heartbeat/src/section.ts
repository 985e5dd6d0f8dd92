import { readDuration } from '@pm-supervisor/core';
import * as v from 'valibot';

/** What a user writes under `processes.NAME.heartbeat`: a file to touch, a URL to call, or both. */
export interface HeartbeatInput {
  /** Touched at every beat, and made where it is missing. `${PM_INSTANCE}` and its like are expanded. */
  readonly file?: string;
  /** Called with GET at every beat; an answer of 2xx counts. */
  readonly url?: string;
  /** Default: the plugin's option `interval`. */
  readonly interval?: number | string;
}

/** What the plugin works with: durations in milliseconds. */
export interface HeartbeatSpec {
  readonly file?: string;
  readonly url?: string;
  readonly intervalMs?: number;
}

/** The first line of a message is what is wrong, the second what to do: pm shows both, at the key. */
export const duration: v.GenericSchema<unknown, number> = v.pipe(
  v.unknown(),
  v.rawTransform<unknown, number>(({ dataset, addIssue, NEVER }) => {
    const read = readDuration(dataset.value);
    if (read.ok && read.value > 0) return read.value;
    addIssue({ message: read.ok ? 'must be longer than 0\nWrite "interval: 10s".' : read.message });
    return NEVER;
  }),
);

const url: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'is no URL of http or https\nWrite "url: http://host/path".',
  ),
);

/** Strict, as the keys of core are: a misspelt key is an error. */
export const heartbeatSchema: v.GenericSchema<unknown, HeartbeatSpec> = v.pipe(
  v.strictObject({
    file: v.optional(v.pipe(v.string(), v.nonEmpty('is empty\nWrite the path of the file to touch.'))),
    url: v.optional(url),
    interval: v.optional(duration),
  }),
  v.check(
    ({ file, url: called }) => file !== undefined || called !== undefined,
    'has neither "file" nor "url"\nSay what to touch or to call.',
  ),
  v.transform(({ interval, file, url: called }) => ({
    ...(file === undefined ? {} : { file }),
    ...(called === undefined ? {} : { url: called }),
    ...(interval === undefined ? {} : { intervalMs: interval }),
  })),
);
