import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';

const forever = `["sh", "-c", "trap 'exit 0' TERM; echo alive $$; while :; do sleep 0.05; done"]`;

describe('a plugin that cannot be used ends the boot with 78, and nothing was started', () => {
  test.for([
    ['is not there', './missing.mjs', '', 'there is no file for plugin "./missing.mjs"'],
    ['is misspelt', 'metrcs', '', 'plugin "metrcs" is not installed'],
    [
      'throws in setup',
      './p.mjs',
      `setup() { throw new Error('no license'); }`,
      'plugin "p" failed in setup: no license',
    ],
    [
      'misspells a hook',
      './p.mjs',
      'setup(pm) { pm.hooks.instance.spwaned.tap(() => {}); }',
      'Did you mean "instance.spawned"?',
    ],
    [
      'misspells before',
      './p.mjs',
      `setup(pm) { pm.hooks.instance.ready.tap(() => {}, { before: 'nobody' }); }`,
      'before: "nobody", but no plugin has that name',
    ],
    ['is for another core', './p.mjs', `core: '^9.0.0'`, 'is made for plugin interface ^9.0.0'],
    ['requires what is off', './p.mjs', `requires: ['nobody']`, 'plugin "p" requires plugin "nobody", which is not on'],
    [
      'crashes in a check',
      './p.mjs',
      `setup(pm) { pm.hooks.plan.check.tap(() => { throw new Error('no rules'); }); }`,
      'plugin "p" failed in plan.check: no rules',
    ],
    ['is for webpack', './p.mjs', 'apply() {}', 'looks like a webpack plugin'],
  ] as const)('one that %s', async ([, key, body, message], { folder }) => {
    await folder.write('p.mjs', `export default { name: 'p', ${body} };`);
    const pm = await folder.run(`plugins: {${key}: true}\nprocesses: {web: {command: [touch, started]}}\n`);
    expect(await pm.ended).toEqual({ code: 78, signal: null });
    expect(pm.err.lines.join('\n')).toContain(message);
    expect(pm.err.lines.join('\n')).not.toMatch(/^\s+at /m);
    expect(await folder.read('started')).toBe('');
  });

  test('one that cannot start ends it with 1', async ({ folder }) => {
    await folder.write(
      'p.mjs',
      `export default { name: 'p', setup(pm) { pm.hooks.supervisor.starting.tap(() => { throw new Error('port is taken'); }); } };`,
    );
    const pm = await folder.run('plugins: [./p.mjs]\nprocesses: {web: {command: [touch, started]}}\n');
    expect(await pm.ended).toEqual({ code: 1, signal: null });
    expect(pm.out.texts.join('\n')).toContain('plugin "p" failed in supervisor.starting: port is taken');
  });
});

const tagger = `export default ({ tag }) => ({
  name: 'tagger',
  setup(pm) {
    pm.hooks.supervisor.starting.tap(() => pm.logger.info('tagger ' + tag + ' starts'));
    pm.hooks.instance.spawning.tap((request) => ({ ...request, env: { ...request.env, TAG: tag } }));
    pm.hooks.log.line.tap((record) => ({ ...record, text: record.text.replaceAll('secret', '******') }), { critical: true });
    return () => pm.logger.info('tagger ' + tag + ' goes');
  },
});`;
const toConfig = (tag: string): string => `
global: {restart_backoff: 50ms}
plugins: {./tagger.mjs: {tag: ${tag}}}
processes:
  web: {command: ["sh", "-c", "trap 'exit 0' TERM; echo tag=$TAG my secret pid=$$; while :; do sleep 0.05; done"], env: {TAG: none}}
`;

test('a reload applies changed options of a plugin and touches no process [line 16]', async ({ folder }) => {
  await folder.write('tagger.mjs', tagger);
  const pm = await folder.run(toConfig('one'));
  const first = await pm.out.waitFor('web-1: tag=one my ****** pid=');
  await pm.out.waitFor('tagger one starts');
  await folder.write('tagger.mjs', `${tagger} // edited`);
  await folder.write('pm.yaml', toConfig('two'));
  await pm.signal('SIGHUP');
  await pm.out.waitFor('tagger two starts');
  await pm.out.waitFor(/plugin tagger goes on as it was loaded: .*tagger.mjs has changed/);
  const pid = Number(/pid=(\d+)/.exec(first)?.[1]);
  expect(pm.out.texts.filter((text) => text.startsWith('web-1: tag='))).toEqual([first]);
  process.kill(pid, 'SIGKILL');
  await pm.out.waitFor('web-1: tag=two my ****** pid=');
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
});

test('a plugin of one file takes part without any package installed', async ({ folder }) => {
  await folder.write(
    'p.ts',
    `
    interface Scope { dispatch(command: object): Promise<unknown>; clock: { after(ms: number, run: () => void): void }; hooks: any; }
    export default { name: 'p', setup(pm: Scope): void {
      pm.hooks.instance.ready.tap((view: { id: string; restarts: number }) => {
        if (view.restarts === 0) pm.clock.after(10, () => void pm.dispatch({ type: 'restart', targets: [view.id] }));
      });
    } };`,
  );
  const pm = await folder.run(`plugins: [./p.ts]\nprocesses: {web: {command: ${forever}}}\n`);
  await pm.out.waitFor(/web-1: alive/, { times: 2 });
  await until('only one is left', () => pm.out.texts.some((text) => text.includes('web-1 ended')));
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
});
