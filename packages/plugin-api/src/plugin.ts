import { accessSync, constants } from 'node:fs';
import type { Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { definePlugin, type Plan, type PluginFactory, type PluginScope } from '@pm-supervisor/core';
import { checkSettings } from './check-settings.ts';
import { type Doors, openDoors, type Origin } from './listen/doors.ts';
import { createRegistry } from './registry.ts';
import type { RouteEntry } from './routes/route.ts';
import { routes } from './routes/table.ts';
import { lockScales } from './scale-lock.ts';
import { type ApiOptions, flatKeys, type FlatKeys, optionsSchema, scaleLocked } from './section.ts';
import type { ApiServer, ServerOptions } from './server.ts';
import { type ApiSettings, toSettings } from './settings.ts';

/** The control socket and the HTTP API. */
export const api: PluginFactory<ApiOptions> = definePlugin(
  (options: ApiOptions = {}) => ({
    name: 'api',
    core: '^1.0.0',
    sections: { global: { ...flatKeys }, process: { scale_locked: scaleLocked } },
    setup: (pm) => setUp(pm, options),
  }),
  { options: optionsSchema },
);

function setUp(pm: PluginScope, options: ApiOptions): () => void {
  const table: Readonly<Record<string, RouteEntry>> = routes;
  const { registry, contributions } = createRegistry((key) => table[key]?.plugin !== undefined);
  let plan: Plan | undefined;
  const holder = createHolder(pm, (settings) => openApi({ pm, settings, plan: () => plan, contributions }));
  const toOwnSettings = (of: Plan): ApiSettings => toSettings(options, toFlat(of));

  pm.provide('api', registry);
  lockScales(pm, () => plan);
  pm.hooks.plan.check.tap((checked, findings) =>
    checkSettings(options, toFlat(checked), { findings, facts: { whyUnreadable } }),
  );
  pm.hooks.supervisor.starting.tap(async (starting) => {
    plan = starting;
    await holder.open(toOwnSettings(starting));
  });
  // Other options are a new set-up; the flat keys under `global` are not.
  pm.hooks.plan.applied.tap((applied) => {
    plan = applied;
    holder.change(toOwnSettings(applied));
  });
  return () => holder.close();
}

/** What is open now, and how it becomes something else. */
interface Holder {
  /** Rejects where it cannot be opened: then the boot fails, and says why. */
  open(settings: ApiSettings): Promise<void>;
  /** Nothing, where the settings are the same. Where the new ones cannot be had, it stays as it was, and that is said. */
  change(settings: ApiSettings): void;
  close(): void;
}

function createHolder(pm: PluginScope, openWith: (settings: ApiSettings) => Promise<OpenApi>): Holder {
  const { logger } = pm;
  let current: OpenApi | undefined;
  let turn: Promise<void> = Promise.resolve();
  let closed = false;
  const open = async (settings: ApiSettings): Promise<void> => {
    current = await openWith(settings);
    if (closed) return current.close();
    pm.announceSocket(current.socket);
  };
  const replace = async (settings: ApiSettings): Promise<void> => {
    const before = current;
    if (before === undefined || closed || isDeepStrictEqual(settings, before.settings)) return;
    before.close();
    await open(settings).catch((error: Error) => {
      logger.error(`${error.message}; it stays as it was`);
      return open(before.settings);
    });
  };
  return {
    open,
    change(settings) {
      // What the same change starts must find the new place, not the one that it takes away.
      if (!closed && current !== undefined && settings.socket !== current.settings.socket)
        pm.announceSocket(settings.socket ?? pm.socket);
      turn = turn
        .then(() => replace(settings))
        .catch((error: Error) => logger.error(`the API is gone: ${error.message}`));
    },
    close() {
      closed = true;
      if (current === undefined) return;
      pm.announceSocket(undefined);
      current.close();
    },
  };
}

function toFlat({ global: { sections } }: Plan): FlatKeys {
  return sections;
}

function whyUnreadable(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

interface OpenApi {
  readonly settings: ApiSettings;
  /** Where services find it. */
  readonly socket: string | undefined;
  close(): void;
}

/** Opens socket and ports. HTTP itself is loaded by whoever connects first: most of the time PID 1 has none. */
async function openApi(options: ServerOptions): Promise<OpenApi> {
  const { pm, settings } = options;
  let server: Promise<ApiServer> | undefined;
  let loaded: ApiServer | undefined;
  const load = async (): Promise<ApiServer> => (loaded = (await import('./server.ts')).createApiServer(options));
  const accept = (socket: Socket, origin: Origin): void => {
    if (socket.destroyed) return;
    socket.on('error', () => socket.destroy());
    if (loaded !== undefined) return loaded.serve(socket, origin);
    server ??= load();
    server.then(
      ({ serve }) => serve(socket, origin),
      (error: unknown) => {
        socket.destroy();
        pm.logger.error(`api: ${String(error)}`);
      },
    );
  };
  const doors = await openDoors(settings, {
    socket: pm.socket,
    accept,
    onWarning: (message) => pm.logger.warn(message),
    now: () => pm.clock.monotonic(),
    later: (work) => void pm.clock.after(0, work),
  });
  tellAddresses(pm, doors);
  return {
    settings,
    socket: doors.socket,
    close() {
      doors.close();
      loaded?.close();
    },
  };
}

function tellAddresses({ logger }: PluginScope, { addresses }: Doors): void {
  for (const address of addresses) {
    const say = address.startsWith('http') ? logger.info : logger.debug;
    say(`the API listens on ${address}`);
  }
}
