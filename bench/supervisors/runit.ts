import { linkServices } from './s6.ts';
import type { Supervisor } from './supervisor.ts';

export function createRunit(program: string): Supervisor {
  return {
    name: 'runit',
    // On SIGTERM runsvdir leaves its services running (runsvdir(8)).
    stopSignal: 'SIGHUP',
    configure(folder, load) {
      return { argv: [program, linkServices(folder, load)] };
    },
  };
}
