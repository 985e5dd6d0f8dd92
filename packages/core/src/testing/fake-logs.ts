import type { Readable } from 'node:stream';
import type { KeptLine, LogAttachment, Logger, LogPipeline, LogSource } from '../log/pipeline.ts';

/** A pipeline that keeps everything in memory, by instance. */
export interface FakeLogs extends LogPipeline {
  /** The supervisor's own records, `level: message`. */
  readonly records: readonly string[];
  /** All output of an instance, as one text. */
  text(instance: string): string;
}

export function createFakeLogs(): FakeLogs {
  const records: string[] = [];
  const texts = new Map<string, string>();
  const listeners = new Set<Parameters<LogPipeline['onKept']>[0]>();
  const write =
    (level: keyof Logger) =>
    (message: string): void =>
      void records.push(`${level}: ${message}`);

  return {
    records,
    text: (instance) => texts.get(instance) ?? '',
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    attach: (source, readable) => attach(source, readable),
    mark: () => undefined,
    follow: () => ({
      ended: Promise.resolve(),
      stopLines: () => undefined,
      adopt: () => undefined,
      detach: () => undefined,
    }),
    kept: (instance) => toKept(texts.get(instance) ?? ''),
    sources: () => [...texts.keys()].map((instance) => ({ process: instance.replace(/-\d+$/, ''), instance })),
    onKept(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    forget: (instance) => void texts.delete(instance),
    counters: () => ({ lines: { stdout: 0, stderr: 0 }, bytes: 0, dropped: 0 }),
    configure: () => undefined,
    flush: () => Promise.resolve(true),
    finish: () => Promise.resolve(true),
  };

  function attach(source: LogSource, readable: Readable): LogAttachment {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let onLine = source.onLine;
    readable.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      texts.set(source.instance, (texts.get(source.instance) ?? '') + text);
      for (const line of toKept(text)) {
        onLine?.(line.text);
        for (const listener of listeners) listener(source.process, source.instance, line);
      }
    });
    readable.on('close', resolve);
    readable.on('end', resolve);
    return {
      ended,
      stopLines: () => void (onLine = undefined),
      adopt: () => undefined,
      detach: () => void readable.destroy(),
    };
  }
}

function toKept(text: string): readonly KeptLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ time: 0, stream: 'stdout' as const, text: line }));
}
