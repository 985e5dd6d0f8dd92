import type { ReadinessSource } from '../plan/spec.ts';
import type { Child } from '../os/spawner.ts';
import { runHooks, type HookContext } from './hook-run.ts';

/** Time between two looks at a port or a file. */
const lookEveryMs = 100;
/** Time between two runs of a readiness command, and the limit of one run. */
const commandEveryMs = 1000;
const commandLimitMs = 10_000;

export interface ReadinessWatch {
  readonly source: ReadinessSource;
  readonly child: Child;
  readonly context: HookContext;
  /** What `fileStamp` said before the spawn: a file left by an earlier run is not news. */
  readonly staleStamp: string | undefined;
  /** Called at most once, never after `context.signal` aborted. */
  readonly onReady: () => void;
}

/**
 * Watches for readiness of one child until it comes or the signal aborts.
 * `spawned` needs no watching, `log` comes through the pipeline, `external` through commands.
 */
export function watchReadiness(watch: ReadinessWatch): void {
  const { source, child, context } = watch;
  const { clock, probes } = context.ports;
  switch (source.kind) {
    case 'after': {
      const timer = clock.after(source.delayMs, once(watch));
      context.signal.addEventListener('abort', () => timer.cancel(), { once: true });
      return;
    }
    case 'fd':
      return watchNotifications(child, (text) => text.includes('\n'), watch);
    case 'notify':
      return watchNotifications(child, (text) => /^READY=1$/m.test(text), watch);
    case 'port':
      return void poll(watch, lookEveryMs, () => probes.canConnect(source.port, context.signal));
    case 'file':
      return void poll(watch, lookEveryMs, () => {
        const stamp = probes.fileStamp(source.path);
        return Promise.resolve(stamp !== undefined && stamp !== watch.staleStamp);
      });
    case 'command':
      return void poll(watch, commandEveryMs, () => runReadinessCommand(watch));
    case 'spawned':
    case 'log':
    case 'external':
  }
}

function once({ onReady, context }: ReadinessWatch): () => void {
  let told = false;
  return () => {
    if (told || context.signal.aborted) return;
    told = true;
    onReady();
  };
}

/** The last part of a message may come with the next chunk. A service that floods its notify pipe costs no memory. */
function watchNotifications(child: Child, isReady: (text: string) => boolean, watch: ReadinessWatch): void {
  const tell = once(watch);
  let text = '';
  child.notify?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-4096);
    if (isReady(text)) tell();
  });
}

async function poll(watch: ReadinessWatch, everyMs: number, look: () => Promise<boolean>): Promise<void> {
  const tell = once(watch);
  const { signal, ports } = watch.context;
  while (!signal.aborted) {
    if (await look().catch(() => false)) return tell();
    await ports.clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

async function runReadinessCommand({ source, context }: ReadinessWatch): Promise<boolean> {
  if (source.kind !== 'command') return false;
  const quiet: HookContext = { ...context, ports: { ...context.ports, emit: () => undefined } };
  const hook = {
    name: `${context.process}:ready`,
    command: source.command,
    timeoutMs: commandLimitMs,
    retry: 0,
    retryDelayMs: 0,
    continueOnError: false,
    env: {},
  };
  return (await runHooks([hook], quiet)).ok;
}
