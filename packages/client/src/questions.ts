import type {
  ConfigView,
  LogLine,
  Operation,
  PluginStatus,
  ProcessStatus,
  Readiness,
  RunRecord,
  Status,
  WhoAmI,
} from './contract.ts';
import { call, type CallOptions, type Line } from './call.ts';
import { toRequestLine } from './request-line.ts';
import type { LogQuery } from './stream/logs.ts';
import type { Target } from './targets.ts';
import { readReply } from './transport/reply.ts';

/** How much of a status is wanted. */
export interface StatusOptions extends CallOptions {
  /** false: CPU, memory, threads and files are not measured, which is most of the work. Default true. */
  readonly usage?: boolean;
}

/** Which processes. */
export interface ListOptions extends StatusOptions {
  readonly name?: Target;
  /** `KEY=VALUE`. */
  readonly label?: string;
}

/** What can be asked without changing anything. */
export interface Questions {
  status(options?: StatusOptions): Promise<Status>;
  /** All processes, or some. Rejects with a did-you-mean where a name is none. */
  processes(options?: ListOptions): Promise<readonly ProcessStatus[]>;
  process(name: string, options?: StatusOptions): Promise<ProcessStatus>;
  /** Kept output, oldest first; at most 100 lines unless `tail` says so. */
  logs(query?: LogQuery, options?: CallOptions): Promise<readonly LogLine[]>;
  operation(id: string, options?: CallOptions): Promise<Operation>;
  /** Past runs of a scheduled process, newest first. */
  runs(name: string, options?: CallOptions & { readonly limit?: number }): Promise<readonly RunRecord[]>;
  /** The configuration in force, key by key, with who set it. Secrets are masked. */
  config(options?: CallOptions): Promise<ConfigView>;
  plugins(options?: CallOptions): Promise<readonly PluginStatus[]>;
  whoAmI(options?: CallOptions): Promise<WhoAmI>;
  /** Whether everything that boots is ready. "Not ready" is an answer, not an error. */
  readiness(options?: CallOptions): Promise<Readiness>;
}

export function createQuestions(line: Line): Questions {
  return {
    status: (options) => call(line, 'GET /api/v1/status', { query: toUsage(options) }, options),
    processes: async ({ name, label, ...options } = {}) => {
      const query = {
        ...toUsage(options),
        ...(name === undefined ? {} : { name: toText(name) }),
        ...(label === undefined ? {} : { label }),
      };
      return (await call(line, 'GET /api/v1/processes', { query }, options)).processes;
    },
    process: (name, options) =>
      call(line, 'GET /api/v1/processes/{name}', { path: { name }, query: toUsage(options) }, options),
    logs: async ({ name, ...query } = {}, options) => {
      const named = name === undefined ? query : { ...query, name: toText(name) };
      return (await call(line, 'GET /api/v1/logs', { query: named }, options)).logs;
    },
    operation: (id, options) => call(line, 'GET /api/v1/operations/{id}', { path: { id } }, options),
    runs: async (name, { limit, ...options } = {}) => {
      const query = limit === undefined ? {} : { limit };
      return (await call(line, 'GET /api/v1/processes/{name}/schedule/history', { path: { name }, query }, options))
        .runs;
    },
    config: (options) => call(line, 'GET /api/v1/config', {}, options),
    plugins: async (options) => (await call(line, 'GET /api/v1/plugins', {}, options)).plugins,
    whoAmI: (options) => call(line, 'GET /api/v1/whoami', {}, options),
    readiness: (options) => askReadiness(line, options),
  };
}

export function toText(target: Target): string {
  return typeof target === 'string' ? target : target.join(',');
}

function toUsage({ usage }: StatusOptions = {}): { usage?: boolean } {
  return usage === undefined ? {} : { usage };
}

/** 503 is how a probe hears "not ready"; the body is the same. */
async function askReadiness({ wire, timeoutMs }: Line, options: CallOptions = {}): Promise<Readiness> {
  const answer = await wire.exchange({ timeoutMs, ...options, ...toRequestLine('GET /readyz', {}) });
  return readReply(answer.status === 503 ? { ...answer, status: 200 } : answer) as Readiness;
}
