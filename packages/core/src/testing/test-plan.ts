import type { RawMap } from '../config/layer.ts';
import { ConfigError } from '../errors.ts';
import type { Clock } from '../os/clock.ts';
import type { MachineFacts } from '../plan/context.ts';
import { type Planned, preparePlan } from '../planner.ts';
import type { PluginDefinition, PluginFactory } from '../plugin/plugin.ts';

/** A configuration and the plugins under test. */
export interface TestPlanOptions {
  /** What a configuration file would hold. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Plugins under test, by the name they have in `config.plugins`. Those that it does not mention are on, with their defaults. */
  readonly plugins?: Readonly<Record<string, PluginDefinition | PluginFactory>>;
  /** The supervisor's environment. Default: a PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder it looks after. Default `/`. */
  readonly cwd?: string;
}

/**
 * Plans as `pm check` would, with these plugins and a machine that has everything; the caller disposes the host. Throws
 * ConfigError whose message holds the diagnostics, to be read in a test's output.
 */
export async function planForTest(options: TestPlanOptions, clock: Clock): Promise<Planned> {
  const { config, plugins = {}, env = { PATH: '/bin' }, cwd = '/' } = options;
  const bundled = Object.fromEntries(
    Object.entries(plugins).map(([name, plugin]) => [name, { load: async () => ({ default: plugin }) }]),
  );
  const inline = {
    ...config,
    plugins: { ...Object.fromEntries(Object.keys(plugins).map((name) => [name, true])), ...toMap(config['plugins']) },
  };
  try {
    return await preparePlan(
      { cwd, env, inline },
      {
        clock,
        bundled,
        facts: { ...forgivingFacts, env, cwd },
        evaluateModule: () => Promise.reject(new TypeError('a test supervisor reads no modules')),
      },
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.diagnostics.map(({ path, message, hint = '' }) => `${path}: ${message}. ${hint}`);
    throw new ConfigError(error.code, [error.message, ...problems].join('\n'), error.diagnostics, { cause: error });
  }
}

/** `plugins` as a map, whichever way it is written. */
function toMap(plugins: unknown): RawMap {
  if (!Array.isArray(plugins)) return (plugins ?? {}) as RawMap;
  return Object.assign(
    {},
    ...plugins.map((item: unknown) => (typeof item === 'string' ? { [item]: true } : item)),
  ) as RawMap;
}

/** A machine that has every program, folder and user. */
const forgivingFacts: Pick<
  MachineFacts,
  'resolveUser' | 'readFile' | 'findCommand' | 'isDirectory' | 'exists' | 'uid'
> = {
  resolveUser: (user = 'root') => ({
    credentials: { uid: 1000, gid: 1000, groups: [1000], name: user, home: `/home/${user}` },
  }),
  readFile(path) {
    throw Object.assign(new Error(`${path} does not exist in a test supervisor`), { code: 'ENOENT' });
  },
  findCommand: (program) => ({ path: program.includes('/') ? program : `/bin/${program}` }),
  isDirectory: () => true,
  exists: () => true,
  uid: 0,
};
