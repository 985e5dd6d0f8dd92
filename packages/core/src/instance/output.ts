import type { Readable } from 'node:stream';
import type { LogAttachment, LogTraits } from '../log/pipeline.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import type { Child } from '../os/spawner.ts';
import type { Ports } from './ports.ts';

/** The output of one child, on its way to the pipeline. */
export interface InstanceOutput {
  /** The process has ended: reads on until the last byte, or until nothing more can be its own. */
  release(): void;
  /** Nobody looks at lines any more (`onLine`). */
  stopLines(): void;
  /** Labels and `logging` of a new declaration, from the next line on. */
  adopt(spec: ProcessSpec): void;
  /** Resolves when all of it was handed on. */
  readonly ended: Promise<void>;
}

/**
 * After the end of a process and of all that descended from it, only a stranger can still hold the pipe
 * (a descriptor passed over a socket). What is in the pipe is read; then it is closed.
 */
const drainLimitMs = 2000;

export interface OutputOptions {
  readonly child: Child;
  readonly spec: ProcessSpec;
  /** `queue-2`. */
  readonly instance: string;
  readonly ports: Ports;
  /** Sees every line, until `stopLines`. */
  readonly onLine?: (text: string) => void;
}

/** Joins stdout, stderr and followed files of a child to the pipeline. */
export function attachOutput({ child, spec, instance, ports, onLine }: OutputOptions): InstanceOutput {
  const source = {
    process: spec.name,
    instance,
    ...toTraits(spec),
    ...(onLine === undefined ? {} : { onLine }),
  };
  const attach = (stream: 'stdout' | 'stderr', readable: Readable): LogAttachment =>
    ports.logs.attach({ ...source, stream, shown: spec.logging[stream] }, readable);
  const stdout = child.stdout && attach('stdout', child.stdout);
  const stderr = child.stderr && attach('stderr', child.stderr);
  const pipes = [stdout, stderr].filter((pipe) => pipe !== undefined);
  const files = spec.logging.files.map((path) => ports.logs.follow({ ...source, stream: 'stdout', shown: true }, path));
  const ended = Promise.all([...pipes, ...files].map((attachment) => attachment.ended)).then(() => undefined);
  return {
    ended,
    release: () => releaseOutput(child, pipes, files, ports),
    stopLines: () => [...pipes, ...files].forEach((attachment) => attachment.stopLines()),
    adopt: (next) => adoptTraits(next, { stdout, stderr, files }),
  };
}

interface Attachments {
  readonly stdout: LogAttachment | undefined;
  readonly stderr: LogAttachment | undefined;
  readonly files: readonly LogAttachment[];
}

function adoptTraits(spec: ProcessSpec, { stdout, stderr, files }: Attachments): void {
  const traits = toTraits(spec);
  stdout?.adopt({ ...traits, shown: spec.logging.stdout });
  stderr?.adopt({ ...traits, shown: spec.logging.stderr });
  for (const file of files) file.adopt({ ...traits, shown: true });
}

function toTraits({ labels, logging }: ProcessSpec): Omit<LogTraits, 'shown'> {
  const { minLevel } = logging;
  return { labels: { ...labels, ...logging.labels }, ...(minLevel === undefined ? {} : { minLevel }) };
}

function releaseOutput(
  child: Child,
  pipes: readonly LogAttachment[],
  files: readonly LogAttachment[],
  ports: Ports,
): void {
  for (const file of files) file.detach();
  const limit = ports.clock.after(drainLimitMs, () => pipes.forEach((pipe) => pipe.detach()));
  void Promise.all(pipes.map((pipe) => pipe.ended)).then(() => {
    limit.cancel();
    child.closeOutput();
  });
}
