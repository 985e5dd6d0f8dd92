import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openHttp } from './http-inquiry.ts';
import { toNames, type Control, type Load, type Supervisor } from './supervisor.ts';

/** In the foreground, services' output on its own: how containers run it. */
export function createSupervisord(program: string): Supervisor {
  return {
    name: 'supervisord',
    stopSignal: 'SIGTERM',
    configure(folder, load) {
      const own = `[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${join(folder, 'pid')}\nminfds=${toDescriptors(load)}\n`;
      const output = 'stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true\n';
      const programs = toNames(load).map((name) => `[program:${name}]\ncommand=${load.program}\n${output}`);
      const path = join(folder, 'supervisord.conf');
      writeFileSync(path, own + (load.isAsked ? toControlSections(folder) : '') + programs.join(''));
      return { argv: [program, '-s', '-c', path] };
    },
    control: (folder) => createControl(join(dirname(program), 'supervisorctl'), folder),
  };
}

function toSocket(folder: string): string {
  return join(folder, 'socket');
}

/** Its pipes, and some; its default is not enough for a thousand services. Each child closes as many, so no more than needed. */
function toDescriptors({ count }: Load): number {
  return Math.max(1024, 256 + 4 * count);
}

function toControlSections(folder: string): string {
  const factory = 'supervisor.rpcinterface:make_main_rpcinterface';
  return `[unix_http_server]\nfile=${toSocket(folder)}\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=${factory}\n[supervisorctl]\nserverurl=unix://${toSocket(folder)}\n`;
}

const question = '<?xml version="1.0"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>';

function createControl(program: string, folder: string): Control {
  return {
    program: { argv: [program, '-c', join(folder, 'supervisord.conf'), 'status'] },
    askStates: () =>
      openHttp(
        {
          socketPath: toSocket(folder),
          path: '/RPC2',
          method: 'POST',
          headers: { 'content-type': 'text/xml', 'content-length': question.length },
          body: question,
        },
        (answer) => answer.split('<name>pid</name>').length - 1,
      ),
  };
}
