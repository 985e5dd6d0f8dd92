import type { Ports } from '../instance/ports.ts';
import type { Child, ChildEnd } from '../os/spawner.ts';
import type { SignalName } from '../plan/spec.ts';

/** How long the command after `--` has after its signal, before it is killed. The shutdown budget may end sooner. */
const graceMs = 30_000;

/** The command after `--`: it has the terminal, and its end is the end of everything. */
export interface Foreground {
  readonly ended: Promise<ChildEnd>;
  signal(signal: SignalName): void;
  /** Asks it to end and waits; kills it after its grace period or when `hurry` aborts. */
  stop(signal: SignalName, hurry: AbortSignal): Promise<ChildEnd>;
}

/** Starts the command with our own standard streams, the whole environment, and the terminal. Throws SpawnError. */
export async function startForeground(argv: readonly [string, ...string[]], ports: Ports): Promise<Foreground> {
  const child = await ports.spawner.spawn({
    instance: 'main',
    process: 'main',
    argv,
    env: { ...ports.env, ...(ports.socket === undefined ? {} : { PM_SOCKET: ports.socket }) },
    cwd: ports.cwd,
    os: { limits: {} },
    tty: false,
    stdin: { kind: 'inherit' },
    output: 'inherit',
    containment: false,
  });
  return {
    ended: child.ended,
    signal: (signal) => void child.signal(signal, 'process'),
    stop: (signal, hurry) => stopChild(child, signal, hurry, ports),
  };
}

async function stopChild(child: Child, signal: SignalName, hurry: AbortSignal, ports: Ports): Promise<ChildEnd> {
  child.signal(signal, 'process');
  const kill = (): void => void child.kill('SIGKILL', 'process');
  const timer = ports.clock.after(graceMs, kill);
  hurry.addEventListener('abort', kill, { once: true });
  if (hurry.aborted) kill();
  const end = await child.ended;
  timer.cancel();
  hurry.removeEventListener('abort', kill);
  return end;
}
