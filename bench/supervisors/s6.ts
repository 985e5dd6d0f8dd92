import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { toNames, type Load, type Supervisor } from './supervisor.ts';

/** `run` is the service itself: a shell in between would only be in the way. */
export function createS6(program: string): Supervisor {
  return {
    name: 's6',
    stopSignal: 'SIGTERM',
    configure(folder, load) {
      return { argv: [program, '-c', '2000', linkServices(folder, load)] };
    },
  };
}

/** A scan directory as s6 and runit both know it. */
export function linkServices(folder: string, load: Load): string {
  const scan = join(folder, 'scan');
  for (const name of toNames(load)) {
    mkdirSync(join(scan, name), { recursive: true });
    symlinkSync(load.program, join(scan, name, 'run'));
  }
  return scan;
}
