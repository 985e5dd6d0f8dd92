import type { Client } from '@pm-supervisor/client';

/** up: it does its work. down: it does not, for whatever reason. */
export type UpOrDown = 'up' | 'down';

/** What a watcher of another supervisor asks for, one call each; the names they had there are beside them. */
export interface Services {
  /** `_status(name)` */
  status(name: string): Promise<UpOrDown>;
  /** `_is_running(name)`: there is a process, whether it does its work already or not. */
  isRunning(name: string): Promise<boolean>;
  /** `_status_all()` */
  statusAll(): Promise<Readonly<Record<string, UpOrDown>>>;
  /** `_start(name)`. With what it needs; rejects when it does not come up. This and the following answer whether anything changed. */
  start(name: string): Promise<boolean>;
  /** `_stop(name)` */
  stop(name: string): Promise<boolean>;
  /** `_restart(name)` */
  restart(name: string): Promise<boolean>;
  /** `_create_dynamic_service(name, command)`. Updates it where it exists with another command. */
  create(name: string, command: readonly string[]): Promise<boolean>;
  /** `_remove_dynamic_service(name)` */
  remove(name: string): Promise<boolean>;
  /** `_reload_services()`: reads the configuration again. What was created stays, and needs no reload. */
  reload(): Promise<boolean>;
}

// region services
export function createServices(pm: Client): Services {
  const toState = ({ ready }: { ready: boolean }): UpOrDown => (ready ? 'up' : 'down');
  const find = (name: string) => pm.process(name, { usage: false });
  const list = () => pm.processes({ usage: false });
  return {
    status: async (name) => toState(await find(name)),
    isRunning: async (name) => (await find(name)).instances.some(({ pid }) => pid !== null),
    statusAll: async () => Object.fromEntries((await list()).map((each) => [each.name, toState(each)])),
    start: async (name) => (await pm.start(name)).changed,
    stop: async (name) => (await pm.stop(name)).changed,
    restart: async (name) => (await pm.restart(name)).changed,
    create: async (name, command) => (await pm.put(name, { command })).changed,
    remove: async (name) => (await pm.remove(name)).changed,
    reload: async () => (await pm.reloadConfig()).changed,
  };
}
// endregion
