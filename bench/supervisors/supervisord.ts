import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toNames, type Supervisor } from './supervisor.ts';

/** In the foreground, services' output on its own: how containers run it. */
export function createSupervisord(program: string): Supervisor {
  return {
    name: 'supervisord',
    stopSignal: 'SIGTERM',
    configure(folder, load) {
      const own = `[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${join(folder, 'pid')}\n`;
      const output = 'stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true\n';
      const programs = toNames(load).map((name) => `[program:${name}]\ncommand=${load.program}\n${output}`);
      const path = join(folder, 'supervisord.conf');
      writeFileSync(path, own + programs.join(''));
      return { argv: [program, '-s', '-c', path] };
    },
  };
}
