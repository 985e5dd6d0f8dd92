import type { LogAttachment } from '../log/pipeline.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import type { Child } from '../os/spawner.ts';
import type { Ports } from './ports.ts';

/** The output of one child, on its way to the pipeline. */
export interface InstanceOutput {
  /** The process has ended: reads on until the last byte, or until nothing more can be its own. */
  release(): void;
  /** Nobody looks at lines any more (`onLine`). */
  stopLines(): void;
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
    labels: { ...spec.labels, ...spec.logging.labels },
    ...(spec.logging.minLevel === undefined ? {} : { minLevel: spec.logging.minLevel }),
    ...(onLine === undefined ? {} : { onLine }),
  };
  const { stdout, stderr } = child;
  const pipes: LogAttachment[] = [
    ...(stdout === undefined ? [] : [ports.logs.attach({ ...source, stream: 'stdout' as const, shown: spec.logging.stdout }, stdout)]),
    ...(stderr === undefined ? [] : [ports.logs.attach({ ...source, stream: 'stderr' as const, shown: spec.logging.stderr }, stderr)]),
  ];
  const files = spec.logging.files.map((path) => ports.logs.follow({ ...source, stream: 'stdout', shown: true }, path));
  const ended = Promise.all([...pipes, ...files].map((attachment) => attachment.ended)).then(() => undefined);
  return {
    ended,
    release: () => releaseOutput(child, pipes, files, ports),
    stopLines: () => [...pipes, ...files].forEach((attachment) => attachment.stopLines()),
  };
}

function releaseOutput(child: Child, pipes: readonly LogAttachment[], files: readonly LogAttachment[], ports: Ports): void {
  for (const file of files) file.detach();
  const limit = ports.clock.after(drainLimitMs, () => pipes.forEach((pipe) => pipe.detach()));
  void Promise.all(pipes.map((pipe) => pipe.ended)).then(() => {
    limit.cancel();
    child.closeOutput();
  });
}
