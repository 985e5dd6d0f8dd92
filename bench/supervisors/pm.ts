import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toNames, type Supervisor } from './supervisor.ts';

/** Without a delay before a restart, and without an end to restarts: what is measured is the machinery. */
export function createPm(node: string, program: string): Supervisor {
  return {
    name: 'pm',
    stopSignal: 'SIGTERM',
    configure(folder, load) {
      const processes = toNames(load).map((name) => `  ${name}:\n    command: [${load.program}]\n`);
      const global = `global:\n  log_format: ${load.logFormat ?? 'json'}\n  restart_backoff: 0\n  max_restart_attempts: -1\n`;
      writeFileSync(join(folder, 'pm.yaml'), `${global}processes:\n${processes.join('')}`);
      return { argv: [node, program, 'run'], env: { PM_RUNTIME_DIR: join(folder, 'run') } };
    },
  };
}
