import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHttp } from './http-inquiry.ts';
import { toNames, type Control, type Supervisor } from './supervisor.ts';

/** Without a delay before a restart, and without an end to restarts: what is measured is the machinery. */
export function createPm(node: string, program: string): Supervisor {
  return {
    name: 'pm',
    stopSignal: 'SIGTERM',
    configure(folder, load) {
      const processes = toNames(load).map((name) => `  ${name}:\n    command: [${load.program}]\n`);
      const global = `global:\n  log_format: ${load.logFormat ?? 'json'}\n  restart_backoff: 0\n  max_restart_attempts: -1\n`;
      writeFileSync(join(folder, 'pm.yaml'), `${global}processes:\n${processes.join('')}`);
      return { argv: [node, program, 'run'], env: toEnv(folder) };
    },
    control: (folder) => createControl([node, program], folder),
  };
}

function toEnv(folder: string): Record<string, string> {
  return { PM_RUNTIME_DIR: join(folder, 'run') };
}

/** Its control socket. */
export function toSocket(folder: string): string {
  return join(folder, 'run/pm.sock');
}

function createControl(pm: readonly [string, string], folder: string): Control {
  const open = (path: string) => openHttp({ socketPath: toSocket(folder), path }, countProcesses);
  return {
    program: { argv: [...pm, 'status', '--json'], env: toEnv(folder) },
    askStates: () => open('/api/v1/processes?usage=false'),
    askUsage: () => open('/api/v1/processes'),
  };
}

function countProcesses(answer: string): number {
  return (JSON.parse(answer) as { processes: unknown[] }).processes.length;
}

/** Events as the API tells them. */
export interface EventList {
  /** The number of the last there is. */
  readonly seq: number;
  readonly events: readonly { readonly seq: number; readonly type: string }[];
}

/** The events after a number that are kept. */
export async function readEvents(folder: string, since: number = 0): Promise<EventList> {
  let list: EventList | undefined;
  const path = `/api/v1/events?follow=false&since=${since}`;
  const inquiry = await openHttp({ socketPath: toSocket(folder), path }, (answer) => {
    list = JSON.parse(answer) as EventList;
    return list.events.length;
  });
  await inquiry.ask();
  inquiry.count();
  inquiry.close();
  return list as unknown as EventList;
}
