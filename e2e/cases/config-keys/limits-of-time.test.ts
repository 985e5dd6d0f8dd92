import { describe } from 'vitest';
import { test } from '../../harness/folder.ts';

const never = '{file: never}';

describe('how long is waited, and how often tried', () => {
  test('dependency_timeout for all, a timeout for one dependency, process_start_timeout for the readiness', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {on_idle: stay, dependency_timeout: 600ms, process_start_timeout: 1s, max_restart_attempts: 0, shutdown_timeout: auto}
processes:
  db: {command: [sleep, "600"], ready: ${never}}
  patient: {command: [sleep, "600"], depends_on: db}
  hasty: {command: [sleep, "600"], depends_on: {db: {timeout: 200ms}}}
`);
    await pm.out.waitFor('pm: hasty-1 failed: waited 0.2 s for "db" to be ready');
    await pm.out.waitFor('pm: patient-1 failed: waited 0.6 s for "db" to be ready');
    await pm.out.waitFor('pm: db-1 failed: not ready within 1 s (process_start_timeout); no restarts allowed');
    await pm.stop();
  });

  test('restart_policy, restart_backoff and max_restart_attempts of global are the defaults, which a process overrides', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {on_idle: stay, restart_policy: on-failure, restart_backoff: {initial: 40ms, jitter: 0}, restart_backoff_max: 50ms, max_restart_attempts: 2}
processes:
  fine: {command: ["true"]}
  crash: {command: ["false"]}
  stays: {command: ["true"], restart: unless-stopped, max_restart_attempts: 1}
  never: {command: ["false"], max_restart_attempts: 0}
  again: {command: ["false"], max_restart_attempts: -1, restart_backoff_initial: 20ms}
  slow: {command: ["false"], restart_backoff: 70, restart_backoff_max: 80}
`);
    await pm.out.waitFor('pm: fine-1 completed');
    await pm.out.waitFor('pm: crash-1 restarts in 40 ms (crash, attempt 1)');
    await pm.out.waitFor('pm: crash-1 restarts in 50 ms (crash, attempt 2)');
    await pm.out.waitFor('pm: crash-1 failed: exit 1; gave up after 2 restarts');
    await pm.out.waitFor(/pm: stays-1 failed: exit 0; clean exit, but after \d+ ms; gave up after 1 restart$/);
    await pm.out.waitFor('pm: never-1 failed: exit 1; no restarts allowed');
    await pm.out.waitFor('pm: again-1 restarts in 50 ms (crash, attempt 6)');
    await pm.out.waitFor('pm: slow-1 restarts in 70.0 s (crash, attempt 1)');
    await pm.stop();
  });

  test('after restart_stability_window the count starts again', async ({ folder }) => {
    const pm = await folder.run(`
global: {restart_backoff: 10ms, max_restart_attempts: 1, on_idle: stay}
processes:
  calm: {command: [sh, -c, "sleep 0.3; exit 1"], restart_stability_window: 200ms}
  wild: {command: [sh, -c, "sleep 0.3; exit 1"]}
`);
    await pm.out.waitFor('pm: wild-1 failed: exit 1; gave up after 1 restart');
    await pm.out.waitFor(/pm: calm-1 restarts in \d+ ms \(crash, attempt 1\)/, { times: 4 });
    await pm.stop();
  });
});
