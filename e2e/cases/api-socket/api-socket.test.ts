import { execFileSync } from 'node:child_process';
import { chmod, chown, stat, writeFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { useSocket } from '../../harness/api.ts';
import { test, until } from '../../harness/folder.ts';
import { openProgram } from '../../harness/program-for-others.ts';

const web = 'processes:\n  web: {command: [sleep, "600"]}\n';
const nobody = 65534;

describe('the control socket', () => {
  test('is there whatever the configuration has, for its owner alone, and gone at the end [line 31]', async ({
    folder,
  }) => {
    const pm = await folder.run(web);
    await pm.out.waitFor('up after');
    expect((await stat(`${folder.path}/.run/pm.sock`)).mode & 0o777).toBe(0o600);
    const { body } = await useSocket(folder).get('/api/v1/whoami');
    expect(body).toMatchObject({ caller: 'api:socket', role: 'admin', transport: 'unix', pid: await pm.pid() });
    expect(await pm.stop()).toMatchObject({ code: 0 });
    expect(await folder.exists('.run/pm.sock')).toBe(false);
  });

  test('can be switched off; then no service is told of one, not even of that of a supervisor above', async ({
    folder,
  }) => {
    const yaml = 'processes:\n  web: {command: [sh, -c, "echo socket=$PM_SOCKET; sleep 600"]}\n';
    const pm = await folder.run(`${yaml}plugins: {api: false}\n`, { env: { PM_SOCKET: '/above.sock' } });
    await pm.out.waitFor(/^web-1: socket=$/);
    expect(await folder.exists('.run/pm.sock')).toBe(false);
    await pm.stop();
  });

  test('switched on and off, or moved, by a reload: what starts from then on is told so', async ({ folder }) => {
    const yaml = 'processes:\n  web: {command: [sh, -c, "echo socket=$PM_SOCKET; exec sleep 600"], env: {RUN: "0"}}\n';
    const pm = await folder.run(`${yaml}plugins: {api: false}\n`);
    await pm.out.waitFor(/^web-1: socket=$/);
    const [usual, chosen] = [`${folder.path}/.run/pm.sock`, `${folder.path}/c.sock`];
    const changes = [
      { plugins: 'plugins: {api: true}', socket: usual },
      { plugins: `plugins: {api: {socket: ${chosen}}}`, socket: chosen },
      { plugins: `global: {api_socket: ${usual}}`, socket: usual },
      { plugins: `global: {api_socket: ${chosen}}`, socket: chosen },
    ];
    for (const [index, { plugins, socket }] of changes.entries()) {
      await folder.write('pm.yaml', `${yaml.replace('"0"', `"${index + 1}"`)}${plugins}\n`);
      await pm.signal('SIGHUP');
      await pm.out.waitFor(`web-1: socket=${socket}`, {
        times: changes.slice(0, index + 1).filter((one) => one.socket === socket).length,
      });
      await until('it answers there', () =>
        useSocket(folder, socket)
          .get('/livez')
          .then(
            () => true,
            () => false,
          ),
      );
    }
    await folder.write('pm.yaml', `${yaml.replace('"0"', '"9"')}plugins: {api: false}\n`);
    await pm.signal('SIGHUP');
    await pm.out.waitFor(/^web-1: socket=$/, { times: 2 });
    expect(await folder.exists('c.sock')).toBe(false);
    await pm.stop();
  });

  test('at a place of its own it is known to commands, hooks and the command after -- alike', async ({ folder }) => {
    const socket = `${folder.path}/own.sock`;
    const yaml = `
plugins: {api: {socket: ${socket}}}
hooks: {pre_start: [{name: before, command: [sh, -c, "echo hook=$PM_SOCKET"]}]}
processes:
  web: {command: [echo, "expanded=\${PM_SOCKET}"], type: oneshot}
`;
    const pm = await folder.run(yaml, { args: ['run', '--', 'sh', '-c', 'echo main=$PM_SOCKET'] });
    expect((await pm.ended).code).toBe(0);
    const texts = pm.out.texts.join('\n');
    expect(texts).toContain(`hook=${socket}`);
    expect(texts).toContain(`expanded=${socket}`);
    expect(texts).toContain(`main=${socket}`);
  });

  test('what a killed supervisor left is replaced', async ({ folder }) => {
    const killed = await folder.run(web);
    await killed.out.waitFor('up after');
    await killed.signal('SIGKILL');
    await killed.ended;
    expect(await folder.exists('.run/pm.sock')).toBe(true);
    const pm = await folder.run(web);
    await pm.out.waitFor('up after');
    expect((await useSocket(folder).get('/api/v1/whoami')).body.pid).toBe(await pm.pid());
    await pm.stop();
  });

  test('at a place that another supervisor has, a second one ends with 75, starts nothing, and names its pid [lines 8, 26]', async ({
    folder,
  }) => {
    const socket = `${folder.path}/shared.sock`;
    const yaml = `${web}plugins: {api: {socket: ${socket}}}\n`;
    const first = await folder.run(yaml);
    await first.out.waitFor('up after');
    const second = folder.pm(['run'], { env: { PM_RUNTIME_DIR: `${folder.path}/.other` } });
    expect((await second.ended).code).toBe(75);
    expect(second.out.texts.join('\n')).not.toContain('web-1 started');
    expect(second.out.texts.join('\n')).toContain(
      `the API cannot listen on ${socket}: another pm listens on it already: pid ${await first.pid()}`,
    );
    expect((await useSocket(folder, socket).get('/livez')).status).toBe(200);
    await first.stop();
  });

  test('a file at the place that was chosen ends the boot and is left alone', async ({ folder }) => {
    await writeFile(`${folder.path}/data`, 'mine');
    const pm = await folder.run(`${web}plugins: {api: {socket: ${folder.path}/data}}\n`);
    expect((await pm.ended).code).toBe(1);
    expect(pm.out.texts.join('\n')).toContain('there is something else at its place, which is no socket');
    expect(await folder.read('data')).toBe('mine');
  });

  test('a service finds it, and restarts another, and itself, without a deadlock [line 18]', async ({ folder }) => {
    await folder.write(
      'restart.mjs',
      `
      import http from 'node:http';
      const post = (path) => new Promise((resolve) => http.request({ socketPath: process.env.PM_SOCKET, path, method: 'POST' }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(JSON.parse(text)));
      }).on('error', (error) => resolve({ state: error.code })).end());
      console.log('other ' + (await post('/api/v1/processes/other/restart?wait=10s')).state);
      console.log('self ' + (await post('/api/v1/processes/self/restart')).state);
      setInterval(() => {}, 1000);
    `,
    );
    const pm = await folder.run(`
processes:
  self: {command: [${process.execPath}, restart.mjs], working_dir: ${folder.path}, shutdown: {timeout: 2s}}
  other: {command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.05; done"]}
`);
    await pm.out.waitFor('self-1: other succeeded', { times: 2 });
    await pm.out.waitFor(/^pm: self-1 started/, { times: 2 });
    await pm.stop();
  });

  test('is of use to no other user, and pm needs not be root for it [line 31]', async ({ folder }) => {
    await chmod(folder.path, 0o755);
    await chown(folder.path, nobody, nobody);
    const under = `setpriv --reuid=${nobody} --regid=${nobody} --clear-groups`;
    const program = await openProgram(folder.path);
    const pm = await folder.run(web, { under, ...program });
    await pm.out.waitFor('up after');
    expect((await useSocket(folder).get('/livez')).status).toBe(200);
    const code = `require('net').connect('${folder.path}/.run/pm.sock').on('connect', () => console.log('in')).on('error', (error) => console.log(error.code))`;
    const argv = ['--reuid=1', '--regid=1', '--clear-groups', program.node ?? process.execPath, '-e', code];
    expect(execFileSync('setpriv', argv, { encoding: 'utf8' })).toBe('EACCES\n');
    await pm.stop();
  });
});
