// A plugin that does everything a plugin must not do, as soon as it can.

const kinds = ['config', 'plan', 'supervisor', 'command', 'unit', 'instance', 'log', 'plugin'];

// Every hook that is not strict: in those, to fail is to refuse, which is the plugin's right.
const all = [
  'config.detect',
  'plan.applied',
  'supervisor.running',
  'supervisor.draining',
  'supervisor.stopped',
  'unit.changed',
  'instance.spawned',
  'instance.ready',
  'instance.unready',
  'instance.exited',
  'instance.changed',
  'instance.stopping',
  'instance.restart',
  'log.line',
  'plugin.failed',
];

/** Changes, through every object that it can reach, whatever will change. */
function vandalize(value, depth = 0) {
  if (typeof value !== 'object' || value === null || depth > 4) return;
  for (const key of Reflect.ownKeys(value)) {
    try {
      vandalize(value[key], depth + 1);
      value[key] = 'vandalized';
    } catch {}
  }
  try {
    value.clear?.();
  } catch {}
}

export default ({ misdeed }) => ({
  name: `hostile-${misdeed.toLowerCase()}`,
  setup: { throws, rejects, hangs, mutates, floods, leaks, exits, exitsLater, uncaught }[misdeed],
});

function tapAll(pm, tap) {
  for (const name of all) {
    const [group, member] = name.split('.');
    pm.hooks[group][member].tap(tap);
  }
}

function throws(pm) {
  tapAll(pm, () => {
    throw new Error('hostile');
  });
}

function rejects(pm) {
  tapAll(pm, async () => {
    throw new Error('hostile');
  });
}

function hangs(pm) {
  for (const name of ['supervisor.running', 'supervisor.draining', 'instance.stopping']) {
    const [group, member] = name.split('.');
    pm.hooks[group][member].tap(() => new Promise(() => {}));
  }
  pm.onDispose(() => new Promise(() => {}));
}

function mutates(pm) {
  tapAll(pm, (...args) => vandalize(args));
  pm.hooks.plan.transform.tap((...args) => vandalize(args));
  pm.hooks.plan.check.tap((plan) => vandalize(plan));
  pm.hooks.instance.spawning.tap((request) => vandalize(request));
  vandalize(pm);
  for (const kind of kinds) vandalize(pm.hooks[kind]);
}

function floods(pm) {
  pm.hooks.instance.spawned.tap(() => {
    for (let i = 0; i < 20_000; i += 1) {
      pm.dispatch({ type: 'signal', targets: ['nobody'], signal: 'SIGUSR2' }).catch(() => {});
      pm.emit(`${pm.name}.noise`, { i });
      pm.logger.info('noise');
    }
  });
}

function leaks(pm) {
  pm.hooks.instance.spawned.tap(() => {
    for (;;) pm.clock.after(3_600_000, () => {});
  });
  setInterval(() => {}, 1000);
}

function exits(pm) {
  tapAll(pm, () => process.exit(13));
}

function exitsLater(pm) {
  pm.hooks.supervisor.running.tap(() => {
    pm.clock.after(50, () => process.exit(13));
    setTimeout(() => process.exit(13), 100);
  });
}

function uncaught(pm) {
  pm.hooks.instance.spawned.tap(() => {
    setTimeout(() => {
      throw new Error('thrown from nowhere');
    }, 10);
    Promise.reject(new Error('rejected in the dark'));
    process.nextTick(() => {
      throw new Error('next tick');
    });
  });
}
