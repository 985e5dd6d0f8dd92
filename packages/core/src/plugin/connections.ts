import type { Command, CommandResult, DispatchOptions } from '../command/command.ts';
import { CommandError } from '../errors.ts';
import type { EventPayloads, EventType } from '../event/event.ts';
import type { Snapshot } from '../instance/view.ts';
import type { Logger } from '../log/pipeline.ts';

/** The supervisor as plugins reach it. */
export interface SupervisorPort {
  dispatch(command: Command, options: DispatchOptions): Promise<CommandResult>;
  snapshot(): Snapshot;
  emit<T extends EventType>(type: T, payload: EventPayloads[T]): void;
  readonly logger: Logger;
}

/** Plugins are set up before there is a supervisor, so that they can take part in making the plan it starts from. */
export interface Connections extends SupervisorPort {
  /** Joins the supervisor; records written before are passed on now. */
  connect(supervisor: SupervisorPort): void;
}

interface EarlyRecord {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** More than this before there is a supervisor is noise; the oldest are what explain it. */
const earlyRecordLimit = 200;

/** Connections to a supervisor that comes later: until then commands are refused and records kept. */
export function createConnections(): Connections {
  let supervisor: SupervisorPort | undefined;
  const early: EarlyRecord[] = [];
  const write = (level: keyof Logger) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    if (supervisor !== undefined) return supervisor.logger[level](message, fields);
    if (early.length < earlyRecordLimit) early.push({ level, message, fields });
  };
  return {
    connect(joined) {
      supervisor = joined;
      for (const { level, message, fields } of early.splice(0)) joined.logger[level](message, fields);
    },
    dispatch: async (command, options) => (supervisor ?? refuse('dispatch')).dispatch(command, options),
    snapshot: () => (supervisor ?? refuse('snapshot')).snapshot(),
    emit: (type, payload) => (supervisor ?? refuse('emit')).emit(type, payload),
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
  };
}

function refuse(verb: string): never {
  throw new CommandError('PM_COMMAND_REFUSED', `${verb}: the supervisor does not run yet`, {
    hint: 'Call it in or after the hook supervisor.starting, not in setup.',
  });
}
