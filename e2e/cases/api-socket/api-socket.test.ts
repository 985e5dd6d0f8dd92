import { execFileSync } from 'node:child_process';
import { chmod, chown, stat, writeFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { useSocket } from '../../harness/api.ts';
import { test } from '../../harness/folder.ts';
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

  test('can be switched off', async ({ folder }) => {
    const pm = await folder.run(`${web}plugins: {api: false}\n`);
    await pm.out.waitFor('up after');
    expect(await folder.exists('.run/pm.sock')).toBe(false);
    await pm.stop();
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

  test('at a place that another supervisor has, a second one does not start, and names its pid [line 8]', async ({
    folder,
  }) => {
    const socket = `${folder.path}/shared.sock`;
    const yaml = `${web}plugins: {api: {socket: ${socket}}}\n`;
    const first = await folder.run(yaml);
    await first.out.waitFor('up after');
    const second = folder.pm(['run'], { env: { PM_RUNTIME_DIR: `${folder.path}/.other` } });
    expect((await second.ended).code).toBe(1);
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
