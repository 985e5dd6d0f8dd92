import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toNames, type Supervisor } from './supervisor.ts';

/** `pm2-runtime`, the one that is meant for containers: in the foreground, without a daemon beside it. */
export function createPm2(program: string): Supervisor {
  return {
    name: 'pm2',
    stopSignal: 'SIGINT',
    configure(folder, load) {
      const apps = toNames(load).map((name) => ({
        name,
        script: load.program,
        interpreter: 'none',
        exec_mode: 'fork',
      }));
      const path = join(folder, 'ecosystem.json');
      writeFileSync(path, JSON.stringify({ apps }));
      return { argv: [process.execPath, program, 'start', path], env: { PM2_HOME: join(folder, 'pm2') } };
    },
  };
}
