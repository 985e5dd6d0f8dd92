import type { Command, CommandResult, DispatchOptions } from '../command/command.ts';
import { CommandError } from '../errors.ts';
import type { EventPayloads, EventType } from '../event/event.ts';
import type { Journal } from '../event/journal.ts';
import type { Snapshot } from '../instance/view.ts';
import type { Logger, LogPipeline } from '../log/pipeline.ts';
import type { TreeUsage } from '../os/tree-usage.ts';
import type { ExplainedKey } from '../plan/explain.ts';
import type { PluginInfo } from './plugin-info.ts';

/** The supervisor as plugins reach it. */
export interface SupervisorPort {
  dispatch(command: Command, options: DispatchOptions): Promise<CommandResult>;
  snapshot(): Snapshot;
  emit<T extends EventType>(type: T, payload: EventPayloads[T]): void;
  readonly logger: Logger;
  readonly events: Pick<Journal, 'seq' | 'since' | 'subscribe'>;
  readonly logs: Pick<LogPipeline, 'kept' | 'sources' | 'onKept' | 'counters'>;
  usage(instances?: ReadonlySet<string>): Promise<ReadonlyMap<string, TreeUsage>>;
  explain(): ConfigExplanation;
  plugins(): readonly PluginInfo[];
  /** Where the control socket belongs; undefined where none can be made. */
  readonly socket: string | undefined;
  announceSocket(path: string | undefined): void;
}

/** The configuration in force: every key and who set it. Plain data; secrets are masked. */
export interface ConfigExplanation {
  /** The main file, or `inline`. */
  readonly origin: string;
  readonly keys: readonly ExplainedKey[];
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
    get events() {
      return (supervisor ?? refuse('events')).events;
    },
    get logs() {
      return (supervisor ?? refuse('logs')).logs;
    },
    get socket() {
      return (supervisor ?? refuse('socket')).socket;
    },
    announceSocket: (path) => (supervisor ?? refuse('announceSocket')).announceSocket(path),
    usage: async (instances) => (supervisor ?? refuse('usage')).usage(instances),
    explain: () => (supervisor ?? refuse('explain')).explain(),
    plugins: () => (supervisor ?? refuse('plugins')).plugins(),
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
  };
}

function refuse(verb: string): never {
  throw new CommandError('PM_COMMAND_REFUSED', `${verb}: the supervisor does not run yet`, {
    hint: 'Call it in or after the hook supervisor.starting, not in setup.',
  });
}
