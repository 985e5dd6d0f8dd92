import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';
import { useRemote } from '../../harness/remote.ts';

const talk = '[sh, -c, "echo out; echo err >&2; exec sleep 600"]';

describe('the keys of logging', () => {
  test('stdout, stderr and min_level choose what is written, labels are on it', async ({ folder }) => {
    const pm = await folder.run(`
global: {log_level: warn}
processes:
  both: {command: ${talk}, labels: {app: shop, process: mine}, logging: {labels: {team: red}}}
  out: {command: ${talk}, stderr: false}
  err: {command: ${talk}, logging: {stdout: false}}
  warn: {command: ${talk}, logging: {min_level: warn}}
  none: {command: ${talk}, stdout: false, stderr: false}
  last: {command: [sh, -c, "sleep 0.3; echo done; exec sleep 600"]}
`);
    await pm.out.waitFor('last-1: done');
    await pm.stop();
    expect(pm.out.texts.toSorted()).toEqual([
      'both-1: err',
      'both-1: out',
      'err-1: err',
      'last-1: done',
      'out-1: out',
      'warn-1: err',
    ]);
    const record = pm.out.records.find(({ instance }) => instance === 'both-1');
    // A label does not take the place of a field of the record.
    expect(record).toMatchObject({ process: 'both', app: 'shop', team: 'red', process_: 'mine' });
  });

  test('log_timestamps: false leaves the time out, in text and in json', async ({ folder }) => {
    const text = await folder.run(`
global: {log_format: text, log_timestamps: false}
processes: {web: {command: [echo, hello], restart: never}}
`);
    await text.ended;
    expect(text.out.lines).toContain('web-1 | hello');
    expect(text.out.lines).toContain('pm | web-1 completed');
    const json = await folder.run(`
global: {log_format: json, log_timestamps: false}
processes: {web: {command: [echo, hello], restart: never}}
`);
    await json.ended;
    expect(json.out.records.length).toBeGreaterThan(2);
    for (const record of json.out.records) expect(record).not.toHaveProperty('time');
  });

  test('log_buffer is how many lines are kept of an instance, over its restarts', async ({ folder }) => {
    await folder.write(
      'keep.mjs',
      `
import { writeFileSync } from 'node:fs';
import { definePlugin } from '@pm-supervisor/core';
export const keep = definePlugin(() => ({
  name: 'keep',
  setup(pm) {
    pm.hooks.instance.exited.tap(({ id, restarts }) => {
      if (restarts === 1) setTimeout(() => writeFileSync('kept', JSON.stringify(pm.logs.kept(id).map(({ text }) => text))), 100);
    });
  },
}));
`,
    );
    const pm = await folder.run(`
plugins: {./keep.mjs: {}}
global: {log_buffer: 3, restart_backoff: 10ms, max_restart_attempts: 1, on_idle: stay}
processes: {web: {command: [sh, -c, "echo start; echo end; exit 1"]}}
`);
    await until('it has ended twice', () => folder.exists('kept'));
    expect(JSON.parse(await folder.read('kept'))).toEqual(['end', 'start', 'end']);
    await pm.stop();
  });

  test('log_file: one or several, from the first line the process writes, whoever made the file', async ({
    folder,
  }) => {
    const remote = await useRemote(folder);
    await folder.write('old.log', 'of an earlier run\n');
    const pm = await folder.run(`
plugins: {./remote.mjs: {}}
processes:
  web: {command: [sh, -c, "echo first >> old.log; echo made >> new.log; exec sleep 600"], log_file: [old.log, new.log]}
  odd: {command: [sleep, "600"], log_file: ${folder.path}}
`);
    await pm.out.waitFor('web-1: first');
    await pm.out.waitFor('web-1: made');
    await pm.out.waitFor(/pm: cannot follow .* for odd-1: it is not a regular file/);
    expect(pm.out.texts).not.toContain('web-1: of an earlier run');
    expect((await remote.snapshot()).processes.map(({ state }) => state)).toEqual(['READY', 'READY']);
    await pm.stop();
  });
});
