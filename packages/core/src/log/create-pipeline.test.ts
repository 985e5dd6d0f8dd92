import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFakeOutput } from '../testing/fake-output.ts';
import { createLogPipeline } from './create-pipeline.ts';
import type { KeptLine, LineTap, LogPipeline, LogSource, PipelineSettings } from './pipeline.ts';

const plain: PipelineSettings = { format: 'text', level: 'info', timestamps: false, overflow: 'block', buffer: 1000 };
const web: LogSource = { process: 'web', instance: 'web-1', stream: 'stdout', labels: {}, shown: true };

interface SetUp {
  readonly settings?: Partial<PipelineSettings>;
  readonly tap?: LineTap;
  readonly isTerminal?: boolean;
}

function setUp({ settings = {}, tap, isTerminal = false }: SetUp = {}) {
  const clock = createFakeClock();
  const output = createFakeOutput({ isTerminal });
  const all = { ...plain, ...settings };
  const pipeline = createLogPipeline({ output, clock, settings: all, ...(tap && { tap }) });
  return { clock, output, pipeline, settings: all };
}

/** A program that writes to a stream of `source`. */
function start(pipeline: LogPipeline, source: Partial<LogSource> = {}) {
  const stream = new PassThrough();
  return { stream, attachment: pipeline.attach({ ...web, ...source }, stream) };
}

/** Everything that streams and callbacks have under way happens. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 8; turns++) await turn();
}

const texts = (pipeline: LogPipeline, instance = 'web-1'): string[] => pipeline.kept(instance).map((line) => line.text);

describe('lines', () => {
  test('of several streams come out whole, each under its name', async () => {
    const { output, pipeline } = setUp();
    const one = start(pipeline);
    const two = start(pipeline, { process: 'db', instance: 'db-1' });
    one.stream.write('hel');
    two.stream.write('ready\n');
    await settle();
    one.stream.end('lo\nlast');
    two.stream.end();
    await Promise.all([one.attachment.ended, two.attachment.ended]);
    await settle();
    expect(output.lines).toEqual(['db-1 | ready', 'web-1 | hello', 'web-1 | last']);
  });

  test('are counted by stream, with their bytes', async () => {
    const { pipeline } = setUp();
    const out = start(pipeline);
    const err = start(pipeline, { stream: 'stderr' });
    out.stream.end('1\n2\n3');
    err.stream.end('4\n');
    await Promise.all([out.attachment.ended, err.attachment.ended]);
    expect(pipeline.counters('web-1')).toEqual({ lines: { stdout: 3, stderr: 1 }, bytes: 7, dropped: 0 });
    expect(pipeline.counters('nobody')).toEqual({ lines: { stdout: 0, stderr: 0 }, bytes: 0, dropped: 0 });
  });

  test('that are not to be shown are read, counted, told to who waits for them, and thrown away', async () => {
    const { output, pipeline } = setUp();
    const seen: string[] = [];
    const { stream, attachment } = start(pipeline, { shown: false, onLine: (text) => seen.push(text) });
    stream.end('listening\nlast');
    await attachment.ended;
    await settle();
    expect([output.text, texts(pipeline), seen]).toEqual(['', [], ['listening', 'last']]);
    expect(pipeline.counters('web-1').lines.stdout).toBe(2);
  });

  test('are told to who waits before they are written, until it has seen enough', async () => {
    const { output, pipeline } = setUp();
    const seen: string[] = [];
    const { stream, attachment } = start(pipeline, {
      onLine(text) {
        seen.push(`${text} (${output.text.length} written)`);
        if (text === 'ready') attachment.stopLines();
      },
    });
    stream.end('boot\r\nready\nmore\n');
    await attachment.ended;
    await settle();
    expect(seen).toEqual(['boot (0 written)', 'ready (0 written)']);
    expect(output.lines).toHaveLength(3);
  });

  test('below the least level are left out: stderr is a warning, stdout an information', async () => {
    const { output, pipeline } = setUp();
    const streams = [start(pipeline, { minLevel: 'warn' }), start(pipeline, { minLevel: 'warn', stream: 'stderr' })];
    streams.forEach(({ stream }, index) => stream.end(`${index}\n`));
    await Promise.all(streams.map(({ attachment }) => attachment.ended));
    await settle();
    expect(output.lines).toEqual(['web-1 | 1']);
    expect(texts(pipeline)).toEqual(['1']);
  });

  test('longer than a mebibyte are cut into marked parts', async () => {
    const { output, pipeline } = setUp();
    const { stream, attachment } = start(pipeline);
    stream.end(`${'x'.repeat(1024 * 1024 + 3)}\nnext\n`);
    await attachment.ended;
    await settle();
    expect(output.lines.map((line) => line.slice(0, 32))).toEqual([
      `web-1 | [part 1, continues] xxxx`,
      'web-1 | [part 2, end] xxx',
      'web-1 | next',
    ]);
    expect(texts(pipeline)[1]).toBe('[part 2, end] xxx');
  });
});

describe('a stream', () => {
  test('that breaks has ended', async () => {
    const { output, pipeline } = setUp();
    const { stream, attachment } = start(pipeline);
    stream.write('last words');
    await settle();
    stream.destroy(new Error('EIO'));
    await attachment.ended;
    await settle();
    expect(output.lines).toEqual(['web-1 | last words']);
  });

  test('that a stranger holds open is left with what was in it', async () => {
    const { output, pipeline } = setUp();
    const { stream, attachment } = start(pipeline);
    stream.write('whole\nhalf');
    await settle();
    stream.write(' a line');
    attachment.detach();
    attachment.detach();
    await attachment.ended;
    stream.write('\nnot ours any more\n');
    await settle();
    expect(output.lines).toEqual(['web-1 | whole', 'web-1 | half a line']);
    expect(stream.listenerCount('data')).toBe(0);
  });

  test('that a stranger floods is left all the same', async () => {
    const { pipeline } = setUp();
    const { stream, attachment } = start(pipeline);
    const line = Buffer.alloc(64 * 1024, 'y');
    line[line.length - 1] = 10;
    stream.on('drain', () => stream.write(line));
    stream.write(line);
    await settle();
    attachment.detach();
    await attachment.ended;
    const { bytes } = pipeline.counters('web-1');
    stream.write(line);
    await settle();
    expect(pipeline.counters('web-1').bytes).toBe(bytes);
    stream.destroy();
    await once(stream, 'close');
  });

  test('that is left while the output is stuck still gives what it had', async () => {
    const { output, pipeline } = setUp();
    const { stream, attachment } = start(pipeline);
    output.block();
    stream.write('1\n');
    await settle();
    stream.write('2\n');
    await settle();
    expect(stream.isPaused()).toBe(true);
    attachment.detach();
    await attachment.ended;
    output.unblock();
    expect(output.lines).toEqual(['web-1 | 1', 'web-1 | 2']);
  });
});

describe('a reader that stops, with overflow: block', () => {
  test('pauses all streams, and a later one from its start', async () => {
    const { output, pipeline } = setUp();
    const first = start(pipeline);
    output.block();
    first.stream.write('1\n');
    await settle();
    const second = start(pipeline, { instance: 'web-2' });
    second.stream.write('2\n');
    await settle();
    expect([first.stream.isPaused(), second.stream.isPaused()]).toEqual([true, true]);
    expect(output.lines).toEqual(['web-1 | 1']);
  });

  test('that goes on gets everything', async () => {
    const { output, pipeline } = setUp();
    const { stream, attachment } = start(pipeline);
    output.block();
    for (let line = 0; line < 1000; line++) stream.write(`${line} ${'x'.repeat(1000)}\n`);
    stream.end();
    for (let reads = 0; reads < 100; reads++) {
      await settle();
      output.readOnce();
    }
    output.unblock();
    await attachment.ended;
    await settle();
    expect(output.lines.map((line) => line.split(' ')[2])).toEqual(
      Array.from({ length: 1000 }, (_, line) => String(line)),
    );
    expect(pipeline.counters('web-1').dropped).toBe(0);
  });

  test('does not keep the supervisor from speaking, within bounds', async () => {
    const { output, pipeline } = setUp();
    output.block();
    for (let record = 0; record < 30_000; record++) pipeline.logger.info(`record ${record} ${'x'.repeat(100)}`);
    await settle();
    const { dropped } = pipeline.counters('pm');
    expect(dropped).toBeGreaterThan(1000);
    output.unblock();
    expect(await pipeline.flush(1000)).toBe(true);
    expect(output.lines).toHaveLength(30_000 - dropped + 1);
    expect(output.lines.at(-1)).toMatch(/^pm \| warn: [\d,]+ lines of pm dropped: /);
  });
});

describe('a reader that stops, with overflow: drop', () => {
  const flood = `${'x'.repeat(999)}\n`.repeat(64);

  async function writeMuch(stream: PassThrough, bytes: number): Promise<void> {
    for (let written = 0; written < bytes; written += flood.length) {
      stream.write(flood);
      await turn();
    }
  }

  test('loses lines, bounded, counted and announced', async () => {
    const { clock, output, pipeline } = setUp({ settings: { overflow: 'drop' } });
    const { stream, attachment } = start(pipeline, { process: 'queue', instance: 'queue-2' });
    output.block();
    await writeMuch(stream, 8 * 1024 * 1024);
    stream.end();
    await attachment.ended;
    const { lines, dropped } = pipeline.counters('queue-2');
    expect(output.buffered).toBeLessThan(2 * 1024 * 1024);
    expect(dropped).toBeGreaterThan(6000);
    output.unblock();
    await clock.advance(1000);
    await settle();
    expect(output.lines.filter((line) => line.startsWith('queue-2 | '))).toHaveLength(lines.stdout - dropped);
    const count = String(dropped).replace(/(\d{3})$/, ',$1');
    expect(output.lines.at(-1)).toBe(`pm | warn: ${count} lines of queue-2 dropped: what reads the output is too slow`);
    expect(clock.pending).toBe(0);
  });

  test('does not lose the lines of those that write little', async () => {
    const { output, pipeline } = setUp({ settings: { overflow: 'drop' } });
    const noisy = start(pipeline, { instance: 'noisy-1' });
    const quiet = start(pipeline, { instance: 'quiet-1' });
    output.block();
    await writeMuch(noisy.stream, 4 * 1024 * 1024);
    quiet.stream.write('important\n');
    await settle();
    expect(pipeline.counters('quiet-1').dropped).toBe(0);
    output.unblock();
    await settle();
    expect(output.lines).toContain('quiet-1 | important');
  });

  test('still has the lines in the ring', async () => {
    const { output, pipeline } = setUp({ settings: { overflow: 'drop' } });
    const { stream } = start(pipeline);
    output.block();
    await writeMuch(stream, 4 * 1024 * 1024);
    stream.write('the last one\n');
    await settle();
    expect(texts(pipeline).at(-1)).toBe('the last one');
  });
});

describe('the ring', () => {
  test('outlives restarts, and is forgotten with the instance', async () => {
    const { pipeline } = setUp();
    for (const run of ['first', 'second']) {
      const { stream, attachment } = start(pipeline);
      stream.end(`${run}\n`);
      await attachment.ended;
    }
    expect(texts(pipeline)).toEqual(['first', 'second']);
    expect(pipeline.kept('web-1', 1)).toMatchObject([{ text: 'second', stream: 'stdout', level: 'info' }]);
    pipeline.forget('web-1');
    expect([texts(pipeline), pipeline.counters('web-1').bytes]).toEqual([[], 0]);
  });

  test('tells who follows of each line, with its instance, until it stops', async () => {
    const { pipeline } = setUp();
    const seen: [string, string, string][] = [];
    const listen = (process: string, instance: string, line: KeptLine): void =>
      void seen.push([process, instance, line.text]);
    const stops = [pipeline.onKept(listen), pipeline.onKept(listen)];
    const { stream } = start(pipeline);
    stream.write('1\n2\n');
    await settle();
    expect(seen).toEqual(['1', '1', '2', '2'].map((text) => ['web', 'web-1', text]));
    stops.forEach((stop) => stop());
    stream.write('3\n');
    pipeline.logger.info('own');
    await settle();
    expect(seen).toHaveLength(4);
  });
});

describe('taps', () => {
  const json = (output: { lines: readonly string[] }): Record<string, unknown>[] =>
    output.lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  test('see each line as a record, and what they make of it is written and kept', async () => {
    const records: unknown[] = [];
    const tap: LineTap = {
      active: () => true,
      apply(record) {
        records.push(record);
        return {
          ...record,
          text: record.text.replace('secret', '***'),
          level: 'error',
          fields: { ...record.fields, user: 7 },
        };
      },
    };
    const { output, pipeline, clock } = setUp({ settings: { format: 'json', timestamps: false }, tap });
    const { stream, attachment } = start(pipeline, { labels: { team: 'a' } });
    stream.end('my secret\nrest');
    await attachment.ended;
    await settle();
    expect(records[0]).toEqual({
      time: clock.now(),
      process: 'web',
      instance: 'web-1',
      stream: 'stdout',
      text: 'my secret',
      fields: { team: 'a' },
    });
    expect(json(output)[0]).toEqual({
      level: 'error',
      process: 'web',
      instance: 'web-1',
      stream: 'stdout',
      msg: 'my ***',
      team: 'a',
      user: 7,
    });
    expect(pipeline.kept('web-1').map(({ text, level }) => [text, level])).toEqual([
      ['my ***', 'error'],
      ['rest', 'error'],
    ]);
  });

  test('may drop a line, or change its level below what is shown', async () => {
    const tap: LineTap = {
      active: () => true,
      apply: (record) => ({
        ...record,
        dropped: record.text === 'drop',
        level: record.text === 'debug' ? 'debug' : 'info',
      }),
    };
    const { output, pipeline } = setUp({ tap });
    const { stream, attachment } = start(pipeline, { minLevel: 'info' });
    stream.end('drop\nkeep\ndebug\n');
    await attachment.ended;
    await settle();
    expect([output.lines, texts(pipeline)]).toEqual([['web-1 | keep'], ['keep']]);
    expect(pipeline.counters('web-1').lines.stdout).toBe(3);
  });

  test('are not asked while nobody taps', async () => {
    let active = false;
    const tap: LineTap = { active: () => active, apply: (record) => ({ ...record, text: record.text.toUpperCase() }) };
    const { output, pipeline } = setUp({ tap });
    const { stream } = start(pipeline);
    stream.write('a\n');
    await settle();
    active = true;
    stream.write('b\n');
    await settle();
    expect(output.lines).toEqual(['web-1 | a', 'web-1 | B']);
  });
});

describe('formats', () => {
  test('auto is text for people and JSON for machines', async () => {
    for (const [isTerminal, beginning] of [
      [true, '\x1b[0m'],
      [false, '{"time":'],
    ] as const) {
      const { output, pipeline } = setUp({ settings: { format: 'auto', timestamps: true }, isTerminal });
      start(pipeline).stream.write('x\n');
      await settle();
      expect(output.text.startsWith(beginning)).toBe(true);
    }
  });

  test('raw: lines of others pass an unfinished one by, until it has waited long enough', async () => {
    const { clock, output, pipeline } = setUp({ settings: { format: 'raw' } });
    const prompt = start(pipeline);
    const other = start(pipeline, { instance: 'web-2' });
    prompt.stream.write('Password: ');
    await settle();
    other.stream.write('hello\n');
    await settle();
    expect(output.text).toBe('hello\n');
    await clock.advance(200);
    await settle();
    expect(output.text).toBe('hello\nPassword: ');
    prompt.stream.write('***\n');
    await settle();
    expect(output.text).toBe('hello\nPassword: ***\n');
    expect(clock.pending).toBe(0);
  });

  test('raw: a line that is unfinished because nobody reads our output stays in one piece', async () => {
    const { clock, output, pipeline } = setUp({ settings: { format: 'raw' } });
    const other = start(pipeline, { instance: 'web-2' });
    const { stream } = start(pipeline);
    stream.write('the beginning');
    await settle();
    output.block();
    other.stream.write(`${'x'.repeat(400_000)}\n`);
    await settle();
    other.stream.write('between\n');
    stream.write(' and the end\n');
    await clock.advance(1000);
    await settle();
    output.unblock();
    await settle();
    // Who filled the output is read last.
    expect(output.lines.slice(1)).toEqual(['the beginning and the end', 'between']);
    await clock.advance(200);
    await settle();
    expect(clock.pending).toBe(0);
  });

  test('raw: an unfinished line has its whole time again after nobody was read', async () => {
    const { clock, output, pipeline } = setUp({ settings: { format: 'raw' } });
    const other = start(pipeline, { instance: 'web-2' });
    const { stream } = start(pipeline);
    stream.write('the beginning');
    await settle();
    await clock.advance(150);
    output.block();
    other.stream.write(`${'x'.repeat(400_000)}\n`);
    await settle();
    output.unblock();
    await settle();
    await clock.advance(150);
    await settle();
    other.stream.write('between\n');
    await settle();
    stream.write(' and the end\n');
    await settle();
    expect(output.lines.slice(1)).toEqual(['between', 'the beginning and the end']);
  });

  test('raw: a stream that ends leaves no timer, one that goes on no lines late', async () => {
    const { clock, output, pipeline } = setUp({ settings: { format: 'raw' } });
    const first = start(pipeline);
    const second = start(pipeline, { instance: 'web-2' });
    first.stream.write('a');
    await settle();
    await clock.advance(150);
    second.stream.write('b');
    first.stream.end();
    await first.attachment.ended;
    await clock.advance(150);
    await settle();
    expect(output.text).toBe('a');
    await clock.advance(50);
    await settle();
    expect(output.text).toBe('a\nb');
    second.stream.end();
    await second.attachment.ended;
    expect(clock.pending).toBe(0);
  });

  test('text holds an unfinished line without a timer', async () => {
    const { clock, pipeline } = setUp();
    start(pipeline).stream.write('half');
    await settle();
    expect(clock.pending).toBe(0);
  });
});

describe('a reload', () => {
  test('changes format, ring and level from the next line on', async () => {
    const { output, pipeline, settings } = setUp();
    const { stream } = start(pipeline);
    stream.write('1\n2\n');
    await settle();
    pipeline.configure({ ...settings, format: 'raw', buffer: 1, level: 'error' });
    stream.write('3\n');
    pipeline.logger.warn('not serious enough');
    await settle();
    expect(output.lines).toEqual(['web-1 | 1', 'web-1 | 2', '3']);
    expect(texts(pipeline)).toEqual(['3']);
  });

  test('to drop lets the blocked go on, to block stops them again', async () => {
    const { output, pipeline, settings } = setUp();
    const { stream } = start(pipeline);
    output.block();
    stream.write('1\n');
    await settle();
    pipeline.configure({ ...settings, overflow: 'drop' });
    expect(stream.isPaused()).toBe(false);
    pipeline.configure({ ...settings, overflow: 'block' });
    expect(stream.isPaused()).toBe(true);
  });
});

test('what a reload says of a running process counts from its next line on', async () => {
  const { output, pipeline } = setUp({ settings: { format: 'json' } });
  const { stream, attachment } = start(pipeline, { labels: { team: 'a' } });
  const traits = { labels: { team: 'b' }, shown: true };
  const changes = [traits, { ...traits, minLevel: 'warn' as const }, { ...traits, shown: false }, traits];
  for (const [index, change] of changes.entries()) {
    attachment.adopt(change);
    stream.write(`${index}\n`);
    await settle();
  }
  expect(output.lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { msg: '0', team: 'b' },
    { msg: '3', team: 'b' },
  ]);
});

describe('finish [line 25]', () => {
  test('waits for the last bytes of every stream', async () => {
    const { clock, output, pipeline } = setUp();
    const streams = [start(pipeline).stream, start(pipeline, { instance: 'web-2' }).stream];
    const finished = pipeline.finish(1000);
    for (const stream of streams) stream.end('last words\n');
    expect(await finished).toBe(true);
    expect(output.lines).toEqual(['web-1 | last words', 'web-2 | last words']);
    expect(clock.pending).toBe(0);
  });

  test('leaves a stream that a stranger holds after half the time', async () => {
    const { clock, output, pipeline } = setUp();
    start(pipeline).stream.write('half a line');
    const finished = pipeline.finish(1000);
    await clock.advance(500);
    await settle();
    expect(await finished).toBe(true);
    expect(output.lines).toEqual(['web-1 | half a line']);
    expect(clock.pending).toBe(0);
  });
});

describe('own records [line 35]', () => {
  test('come in the same stream and order as lines', async () => {
    const { output, pipeline } = setUp();
    pipeline.logger.info('started', { pid: 7 });
    pipeline.logger.debug('not at this level');
    await settle();
    expect(output.lines).toEqual(['pm | started pid=7']);
    expect(pipeline.kept('pm')).toMatchObject([{ text: 'started pid=7', level: 'info' }]);
  });

  test('in JSON are in order, the first ones too, and flush waits for them', async () => {
    const { output, pipeline } = setUp({ settings: { format: 'json', timestamps: true } });
    const fields = { attempt: 1 };
    pipeline.logger.info('one', fields);
    fields.attempt = 2;
    pipeline.logger.error('two');
    expect(await pipeline.flush(5000)).toBe(true);
    pipeline.logger.warn('three');
    await settle();
    const records = output.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ process, level, msg }) => [process, level, msg])).toEqual([
      ['pm', 'info', 'one'],
      ['pm', 'error', 'two'],
      ['pm', 'warn', 'three'],
    ]);
    expect(records[0]).toMatchObject({ attempt: 1, time: '2026-01-01T00:00:00.000Z' });
  });
});

test('flush shows unfinished lines and says when the reader is stuck', async () => {
  const { clock, output, pipeline } = setUp({ settings: { format: 'raw' } });
  const { stream } = start(pipeline);
  stream.write('half');
  await settle();
  expect(await pipeline.flush(1000)).toBe(true);
  expect(output.text).toBe('half');
  output.block();
  stream.write(' and\n');
  await settle();
  stream.write('more\n');
  const stuck = pipeline.flush(1000);
  await clock.advance(1000);
  expect(await stuck).toBe(false);
});
