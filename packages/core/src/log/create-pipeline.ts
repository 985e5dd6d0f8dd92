import type { Readable } from 'node:stream';
import { type Clock, endOfTurn } from '../os/clock.ts';
import { toGrouped } from './drops.ts';
import { createFollowing } from './following.ts';
import { type ChosenFormat, chooseFormat } from './formats.ts';
import { createGate, type Gate, type Gated } from './gate.ts';
import { createHolds, type Holds } from './holds.ts';
import { startIntake } from './intake.ts';
import { createLineSplitter } from './lines.ts';
import type { LogOutput } from './outbox.ts';
import { createOwnLog, type OwnLog } from './own-log.ts';
import type { LineTap, LogAttachment, LogPipeline, LogSource, PipelineSettings } from './pipeline.ts';
import { createRoute } from './route.ts';
import { createShelf, type Shelf } from './shelf.ts';
import { toFieldText } from './sinks/field-text.ts';
import type { OwnRecord } from './sinks/format.ts';
import { createOwnJson } from './sinks/own-json.ts';

export interface LogPipelineOptions {
  /** `openOutput()` of os/own-output. */
  readonly output: LogOutput;
  readonly clock: Clock;
  readonly settings: PipelineSettings;
  /** The hook `log.line`; absent: nobody ever taps. */
  readonly tap?: LineTap;
  /** false: a terminal gets no colours (NO_COLOR). Default true. */
  readonly colours?: boolean;
}

const noTap: LineTap = { active: () => false, apply: (record) => record };

/** The way of all output. Nothing is written, and no timer is armed, before there is something to write. */
export function createLogPipeline(options: LogPipelineOptions): LogPipeline {
  const { output, clock, tap = noTap, colours = true } = options;
  const facts = { isTerminal: output.isTerminal, colours, ownJson: createOwnJson() };
  const state = { settings: options.settings, chosen: chooseFormat(options.settings, facts) };
  const shelf = createShelf(state.settings.buffer);
  const gate = createGate({
    output,
    clock,
    onDropped: (instance, lines) => sayDropped(own, instance, lines),
    onOpened: () => holds.startAnew(),
  });
  const holds = createHolds({ clock, endOfTurn, isPaused: () => gate.paused });
  const isReady = (): boolean => state.chosen.kind !== 'json' || facts.ownJson.loaded;
  const own: OwnLog = createOwnLog({
    clock,
    leastLevel: () => state.settings.level,
    isReady,
    untilReady: () => new Promise((resolve) => endOfTurn(() => resolve(isReady() ? undefined : facts.ownJson.load()))),
    write: (record) => writeOwn(record, parts),
  });
  const parts: Parts = {
    clock,
    tap,
    shelf,
    holds,
    gate,
    open: new Set(),
    chosen: () => state.chosen,
    ownFirst: () => own.catchUp(),
  };
  const configure = (settings: PipelineSettings): void => {
    state.settings = settings;
    state.chosen = chooseFormat(settings, facts);
    shelf.resize(settings.buffer);
    gate.setOverflow(settings.overflow);
  };
  const following = createFollowing({
    clock,
    logger: own.logger,
    attach: (source, readable) => attachStream(source, readable, parts, { endsItself: true }),
  });
  gate.setOverflow(state.settings.overflow);
  return {
    logger: own.logger,
    attach: (source, readable) => attachStream(source, readable, parts, { endsItself: false }),
    mark: (instance, path) => following.mark(instance, path),
    follow: (source, path) => following.follow(source, path),
    kept: (instance, count) => shelf.kept(instance, count),
    sources: () => shelf.sources(),
    onKept: (listener) => shelf.onKept(listener),
    forget(instance) {
      shelf.forget(instance);
      following.forget(instance);
    },
    counters: (instance) => shelf.counters(instance),
    configure,
    flush: (limitMs) => flush(own, parts, limitMs),
    finish: (limitMs) => finish(own, parts, limitMs),
  };
}

/** What the ways of all streams have in common. */
interface Parts {
  readonly clock: Clock;
  readonly tap: LineTap;
  readonly shelf: Shelf;
  readonly holds: Holds;
  readonly gate: Gate;
  /** What is still being read. */
  readonly open: Set<LogAttachment>;
  readonly chosen: () => ChosenFormat;
  /** What the supervisor said before a service did is written before it. */
  readonly ownFirst: () => void;
}

interface AttachOptions {
  /** What is attached ends by itself once it is detached. */
  readonly endsItself: boolean;
}

function attachStream(
  source: LogSource,
  readable: Readable,
  parts: Parts,
  { endsItself }: AttachOptions,
): LogAttachment {
  const { clock, tap, shelf, holds, gate, chosen, ownFirst } = parts;
  const { process, instance } = source;
  const tally = shelf.tally(instance);
  const route = createRoute(source, {
    clock,
    tap,
    tally,
    format: () => chosen().format,
    isFull: () => gate.isFull(gated),
    put: (piece) => gate.put(gated, piece),
    drop(lines) {
      tally.dropped += lines;
      gate.drop(instance, lines);
    },
    keep: (kept) => shelf.keep(process, instance, kept),
  });
  const splitter = createLineSplitter(route);
  const intake = startIntake(readable, {
    endsItself,
    endOfTurn,
    push(bytes, headroom) {
      ownFirst();
      tally.bytes += bytes.length;
      splitter.push(bytes, headroom);
      if (chosen().kind === 'raw') holds.note(splitter, bytes.length);
    },
    onEnd() {
      ownFirst();
      splitter.release();
      holds.forget(splitter);
      gate.leave(gated);
    },
  });
  const gated: Gated = { pause: intake.pause, resume: intake.resume, isLeaving: intake.isLeaving, burst: 0 };
  gate.enter(gated);
  const attachment = { ended: intake.ended, stopLines: route.stopLines, adopt: route.adopt, detach: intake.detach };
  parts.open.add(attachment);
  void intake.ended.then(() => parts.open.delete(attachment));
  return attachment;
}

async function finish(own: OwnLog, parts: Parts, limitMs: number): Promise<boolean> {
  const { clock } = parts;
  const end = clock.monotonic() + limitMs;
  await readToEnd(parts, limitMs / 2);
  return flush(own, parts, end - clock.monotonic());
}

async function flush(own: OwnLog, { clock, holds, gate }: Parts, limitMs: number): Promise<boolean> {
  const end = clock.monotonic() + limitMs;
  for (;;) {
    await own.settled();
    holds.release();
    const flushed = await gate.flush(Math.max(0, end - clock.monotonic()));
    // What was dropped is told as soon as there is room again: that record may wait now.
    if (!flushed || !own.isWaiting()) return flushed;
  }
}

/** Reads what the processes wrote before their end; a stranger that holds a pipe is left behind at the limit. */
async function readToEnd({ open, clock }: Parts, limitMs: number): Promise<void> {
  const limit = clock.after(limitMs, () => open.forEach((attachment) => attachment.detach()));
  await Promise.all([...open].map((attachment) => attachment.ended));
  limit.cancel();
}

/** Kept under the name `pm`, which no instance can have: theirs end with a number. */
const ownName = 'pm';

function writeOwn(record: OwnRecord, { shelf, gate, chosen }: Parts): void {
  const { time, level, message, fields } = record;
  const tally = shelf.tally(ownName);
  tally.lines.stdout += 1;
  if (!gate.putOwn(chosen().format.own(record))) {
    tally.dropped += 1;
    gate.drop(ownName, 1);
  }
  const bytes = Buffer.from(message + toFieldText(fields));
  shelf.keep(ownName, ownName, { time, stream: 'stdout', level, bytes, lines: 1 });
}

function sayDropped(own: OwnLog, instance: string, lines: number): void {
  const what = lines === 1 ? '1 line' : `${toGrouped(lines)} lines`;
  own.logger.warn(`${what} of ${instance} dropped: what reads the output is too slow`);
}
