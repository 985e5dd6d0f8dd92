import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { SectionPlace } from '../config/sections.ts';
import type { Facts, Project } from '../hooks/payloads.ts';
import type { StageName } from '../hooks/stages.ts';
import type { PluginScope } from './scope.ts';

type Awaitable<T> = T | Promise<T>;

/** Called when the plugin goes: at shutdown, when it is switched off, when its options change. */
export type Disposer = () => Awaitable<void>;

/** A key of the configuration that a plugin owns: its schema, or its schema with more. */
export type SectionDeclaration = StandardSchemaV1 | SectionDetails;

/** A key that a plugin owns, with how layers join and how else it may be spelled. */
export interface SectionDetails {
  readonly schema: StandardSchemaV1;
  /** Joins the values of two layers; without it maps merge and everything else replaces. */
  readonly merge?: (lower: unknown, higher: unknown) => unknown;
  /** Other spellings of the key at the same place. */
  readonly aliases?: readonly string[];
}

/** What a layer is made from. */
export interface LayerContext {
  readonly project: Project;
  /** What the user declared (file, profile, environment), merged but not checked. Frozen. */
  readonly declared: Readonly<Record<string, unknown>>;
  /** Says why a key has its value, for `pm plan --explain`: `note('processes.queue.scale', 'cgroup memory 2 GiB')`. */
  note(path: string, text: string): void;
}

/** A plugin, ready to be set up once. */
export interface PluginDefinition {
  /** What it is called in the configuration, in messages and in the order of others: `heartbeat`. */
  readonly name: string;
  /** Range of the plugin interface it is made for: `^1.0.0`. Without it any. */
  readonly core?: string;
  /** Plugins that must be on, and are set up and called before this one. */
  readonly requires?: readonly string[];
  /** Plugins that are set up and called before this one where they are on. */
  readonly after?: readonly string[];
  /** Among plugins that neither `requires` nor `after` orders: lower first. Default `normal`. */
  readonly stage?: StageName | number;
  /** The keys of the configuration it owns, by place. Any Standard Schema v1 (valibot, zod, arktype, …). */
  readonly sections?: Readonly<Partial<Record<SectionPlace, Readonly<Record<string, SectionDeclaration>>>>>;
  /** Configuration merged under the user's. Called once for each plan that is read anew. At most 5 s. */
  layer?(facts: Facts, context: LayerContext): Awaitable<Readonly<Record<string, unknown>> | undefined | void>;
  /**
   * Taps hooks and provides things. Also called by `pm check` and before a plan is accepted: open ports, files and
   * connections in `supervisor.starting`, not here. May return a disposer. At most 10 s.
   */
  setup?(pm: PluginScope): Awaitable<Disposer | undefined | void>;
}

/** A function from options to a plugin, known as such by `definePlugin`. */
export interface PluginFactory<Options = unknown> {
  (options?: Options): PluginDefinition;
  readonly [pluginMark]: FactoryDetails;
}

/** What `definePlugin` knows of a plugin before it is created. */
export interface FactoryDetails {
  /** Checks what stands under the plugin's name in `plugins`; what it returns is what the factory gets. */
  readonly options?: StandardSchemaV1;
}

/** Marks factories. Registered by name, so that a plugin which brings another copy of core is known all the same. */
export const pluginMark: unique symbol = Symbol.for('pm-supervisor.plugin') as never;

/**
 * Declares a plugin.
 *
 * @example
 * export const heartbeat = definePlugin((options: HeartbeatOptions = {}) => ({
 *   name: 'heartbeat',
 *   core: '^1.0.0',
 *   setup(pm) {
 *     pm.hooks.instance.spawned.tap((view) => pm.logger.info(`${view.id} lives`));
 *   },
 * }));
 */
export function definePlugin<Options>(
  create: (options?: Options) => PluginDefinition,
  details: FactoryDetails = {},
): PluginFactory<Options> {
  const factory = (options?: Options): PluginDefinition => create(options);
  return Object.assign(factory, { [pluginMark]: Object.freeze({ ...details }) } as const);
}

/** Is this something that `definePlugin` returned, from whichever copy of core? */
export function isFactory(value: unknown): value is PluginFactory {
  return typeof value === 'function' && pluginMark in value;
}
