import type { OxlintOverride } from 'oxlint';

/**
 * Who may import whom, and who may touch the outside world. oxlint.config.ts turns this table into rules, so that
 * an editor shows a violation where it is written and `npm run check` fails on it.
 */

/** What reaches out of the program, and is therefore confined to few folders. */
export type Power = 'tapable' | 'spawn' | 'process' | 'time';

/** A set of files with the same rights. Where several match, the last one counts. */
export interface Zone {
  readonly files: readonly string[];
  readonly powers: readonly Power[];
  /** Workspace packages it may import. */
  readonly imports: readonly string[];
  /** Folders of its own package that it must not import. */
  readonly closedTo?: readonly string[];
}

/** One constant, so that a rename of the npm scope is one edit here and a codemod over the imports. */
export const scope = '@pm-supervisor';

const core = `${scope}/core`;
const native = `${scope}/native`;
const client = `${scope}/client`;
/** What the API takes and answers: types, and a table of routes. No server. */
const contract = `${scope}/plugin-api/contract`;

const everyPower: readonly Power[] = ['tapable', 'spawn', 'process', 'time'];

export const zones: readonly Zone[] = [
  { files: ['packages/native/**'], powers: ['process', 'spawn'], imports: [] },
  { files: ['packages/native/src/testing/**'], powers: everyPower, imports: [] },

  { files: ['packages/core/src/**'], powers: [], imports: [native] },
  {
    files: ['unit', 'instance', 'plan', 'config'].map((folder) => `packages/core/src/${folder}/**`),
    powers: [],
    imports: [native],
    closedTo: ['hooks', 'plugin'],
  },
  { files: ['packages/core/src/hooks/**', 'packages/core/src/plugin/**'], powers: ['tapable'], imports: [native] },
  { files: ['packages/core/src/os/**'], powers: ['spawn', 'process'], imports: [native] },
  // One keeps time; the other keeps the event loop from ending when nothing else does.
  {
    files: ['clock', 'keep-alive'].map((name) => `packages/core/src/os/${name}.ts`),
    powers: ['spawn', 'process', 'time'],
    imports: [],
  },
  // The kit runs inside a third party's tests, where real time and real processes are the point.
  { files: ['packages/core/src/testing/**'], powers: ['time'], imports: [native] },

  { files: ['packages/plugin-*/src/**', 'examples/plugin-*/**'], powers: [], imports: [core, `${core}/*`] },
  // `import 'node:http'` loads undici, 11 MB of it; only process.getBuiltinModule does not (nodejs/node#59686).
  { files: ['packages/plugin-*/src/http/builtin.ts'], powers: ['process'], imports: [core, `${core}/*`] },
  { files: ['packages/plugin-*/src/testing/**'], powers: everyPower, imports: [core, `${core}/*`] },
  // Node's HTTP, TLS and hashes without what an import of them loads.
  { files: ['packages/plugin-api/src/http/builtin.ts'], powers: ['process'], imports: [] },
  { files: ['packages/client/src/**'], powers: [], imports: [contract] },
  // The one file that knows what runs the client: timers, and Node's HTTP without what an import of it loads.
  { files: ['packages/client/src/transport/runtime.ts'], powers: ['process', 'time'], imports: [] },
  { files: ['packages/client/src/testing/**'], powers: everyPower, imports: [] },
  { files: ['packages/cli/src/**'], powers: [], imports: [core, `${core}/*`, native, client, `${scope}/plugin-*`] },
  {
    files: ['packages/cli/src/pm.ts', 'packages/cli/src/boot.ts'],
    powers: ['process'],
    imports: [core, `${core}/*`, native, client, `${scope}/plugin-*`],
  },
  // Takes a terminal over, and gives it back whatever ends the process.
  {
    files: ['packages/cli/src/top/terminal.ts'],
    powers: ['process'],
    imports: [],
  },
  // A shell that does so where it cannot.
  { files: ['packages/cli/src/top/guard.ts'], powers: ['spawn'], imports: [] },
  { files: ['packages/create-pm-config/src/**'], powers: ['process'], imports: [] },

  // A glob without a slash would match at any depth.
  { files: ['**/*.test.ts', '**/*.config.ts', 'packages/*/build.ts'], powers: everyPower, imports: [`${scope}/**`] },
  // Programs that tests start.
  { files: ['packages/*/src/**/fixtures/**'], powers: everyPower, imports: [`${scope}/**`] },
  { files: ['tools/**', 'e2e/**', 'bench/**', 'examples/demo/**'], powers: everyPower, imports: [`${scope}/**`] },
];

/** Every zone as a complete set of rules: oxlint replaces a rule's options by the later override's, it does not add. */
export function toOverrides(list: readonly Zone[]): OxlintOverride[] {
  return list.map((zone) => ({ files: [...zone.files], rules: toRules(zone) }));
}

type Rules = NonNullable<OxlintOverride['rules']>;

function toRules(zone: Zone): Rules {
  const globals = withheld(zone).flatMap((power) => restrictedGlobals[power]);
  const properties = withheld(zone).flatMap((power) => restrictedProperties[power]);
  return {
    'no-restricted-imports': ['error', { patterns: toPatterns(zone) }],
    'no-restricted-globals': globals.length === 0 ? 'off' : ['error', ...globals],
    'no-restricted-properties': properties.length === 0 ? 'off' : ['error', ...properties],
  };
}

function withheld(zone: Zone): Power[] {
  return everyPower.filter((power) => !zone.powers.includes(power));
}

/** Matched by a regular expression (Rust's: no look-ahead) or by globs as in .gitignore. */
interface ImportPattern {
  readonly message: string;
  readonly regex?: string;
  readonly group?: string[];
}

function toPatterns(zone: Zone): ImportPattern[] {
  const modules = withheld(zone).map((power) => restrictedModules[power]);
  const folders = (zone.closedTo ?? []).map((folder) => ({
    regex: `^\\.\\.?/(.*/)?${folder}/`,
    message: `${folder}/ stands above this folder: plan, config, unit and instance know nothing of hooks and plugins.`,
  }));
  return [...modules, ...folders, workspacePattern(zone.imports)];
}

function workspacePattern(allowed: readonly string[]): ImportPattern {
  return {
    group: [`${scope}/**`, ...allowed.map((name) => `!${name}`)],
    message: `Of the workspace this folder may import ${allowed.join(', ') || 'nothing'} (tools/boundaries.ts).`,
  };
}

const restrictedModules: Record<Power, ImportPattern> = {
  tapable: {
    regex: '^tapable$',
    message: 'tapable stays behind core/src/hooks and core/src/plugin, where its traps are closed.',
  },
  spawn: {
    regex: '^(node:)?(child_process|cluster|worker_threads)$',
    message: 'Processes are started in core/src/os alone: take a Spawner.',
  },
  process: {
    regex: '^(node:)?process$',
    message: 'Only core/src/os and the entry of the CLI touch the process: take what you need as a value.',
  },
  time: {
    regex: '^(node:)?(timers|timers/promises|perf_hooks)$',
    message: 'Only os/clock.ts knows the time: take a Clock.',
  },
};

const timerNames = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'];
const takeClock = 'Only os/clock.ts knows the time: take a Clock.';
const takeValue = 'Only core/src/os and the entry of the CLI touch the process: take what you need as a value.';

interface Restricted {
  readonly name: string;
  readonly message: string;
}

const restrictedGlobals: Record<Power, readonly Restricted[]> = {
  tapable: [],
  spawn: [],
  process: [{ name: 'process', message: takeValue }],
  time: [...timerNames, 'performance'].map((name) => ({ name, message: takeClock })),
};

interface RestrictedProperty {
  readonly object: string;
  readonly property: string;
  readonly message: string;
}

const restrictedProperties: Record<Power, readonly RestrictedProperty[]> = {
  tapable: [],
  spawn: [],
  process: [{ object: 'globalThis', property: 'process', message: takeValue }],
  time: [
    { object: 'Date', property: 'now', message: takeClock },
    ...[...timerNames, 'performance'].map((property) => ({ object: 'globalThis', property, message: takeClock })),
  ],
};
