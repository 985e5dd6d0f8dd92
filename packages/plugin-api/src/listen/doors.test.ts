import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ApiSettings } from '../settings.ts';
import { type Doors, openDoors, type Origin } from './doors.ts';
import type { Later } from './unix-socket.ts';

const settings: ApiSettings = { socketMode: 0o600, tokens: [], maxBody: 1000, audit: true };

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'doors-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Opened extends Doors {
  readonly origins: Origin[];
  readonly warnings: string[];
  now: number;
}

/** Doors whose visitors are told who they are. */
async function open(
  more: Partial<ApiSettings>,
  socket?: string,
  later: Later = (work) => void setImmediate(work),
): Promise<Opened> {
  const origins: Origin[] = [];
  const warnings: string[] = [];
  const sockets = new Set<Socket>();
  const server = http.createServer((_request, response) => void response.end(JSON.stringify({ pid: 4711 })));
  const opened = { origins, warnings, now: 0 } as unknown as Opened;
  const doors = await openDoors(
    { ...settings, ...more },
    {
      socket,
      accept(one, origin) {
        sockets.add(one);
        origins.push(origin);
        server.emit('connection', one);
      },
      onWarning: (message) => void warnings.push(message),
      now: () => opened.now,
      later,
    },
  );
  onTestFinished(() => {
    doors.close();
    for (const one of sockets) one.destroy();
  });
  return Object.assign(opened, doors);
}

/** What the server at a socket answers. */
async function fetchBody(socketPath: string): Promise<string> {
  const [response] = (await once(http.get({ socketPath }), 'response')) as [http.IncomingMessage];
  return text(response);
}

async function canConnect(path: string): Promise<boolean> {
  const socket = connect(path);
  onTestFinished(() => void socket.destroy());
  return Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
    () => false,
  );
}

describe('the control socket', () => {
  test('is there with its mode, and nothing else is; gone when it is closed', async () => {
    const folder = makeFolder();
    const path = join(folder, 'pm.sock');
    const doors = await open({}, path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['pm.sock']);
    expect(await canConnect(path)).toBe(true);
    doors.close();
    expect(existsSync(path)).toBe(false);
  });

  test('a place of its own and another mode', async () => {
    const path = join(makeFolder(), 'other.sock');
    expect((await open({ socket: path, socketMode: 0o660 }, '/nowhere/pm.sock')).addresses).toEqual([path]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  test('who connects before the server is there waits for it', async () => {
    const path = join(makeFolder(), 'pm.sock');
    const works: (() => void)[] = [];
    await open({}, path, (work) => void works.push(work));
    expect(works).toHaveLength(1);
    const answer = fetchBody(path);
    expect(await canConnect(path)).toBe(true);
    works.forEach((work) => work());
    expect(await answer).toBe('{"pid":4711}');
  });

  test('closed before the server is there: gone, and it never comes', async () => {
    const path = join(makeFolder(), 'pm.sock');
    const works: (() => void)[] = [];
    const doors = await open({}, path, (work) => void works.push(work));
    const waiting = connect(path);
    await once(waiting, 'connect');
    doors.close();
    await expect(once(waiting, 'close')).rejects.toThrow('ECONNRESET');
    works.forEach((work) => work());
    expect(existsSync(path)).toBe(false);
    expect(await canConnect(path)).toBe(false);
  });

  test('what a dead supervisor left is replaced', async () => {
    const path = join(makeFolder(), 'pm.sock');
    await leaveStaleSocket(path);
    expect(await canConnect(path)).toBe(false);
    await open({}, path);
    expect(await canConnect(path)).toBe(true);
  });

  test('a living one is left alone, and named by its pid [line 8]', async () => {
    const path = join(makeFolder(), 'pm.sock');
    const first = await open({}, path);
    await expect(open({ socket: path })).rejects.toThrow(
      `the API cannot listen on ${path}: another pm listens on it already: pid 4711`,
    );
    expect(await canConnect(path)).toBe(true);
    first.close();
    await open({}, path);
  });

  test('one that answers nothing is alive too', async () => {
    const path = join(makeFolder(), 'pm.sock');
    const mute = createServer(() => undefined).listen(path);
    onTestFinished(() => void mute.close());
    await once(mute, 'listening');
    await expect(open({ socket: path })).rejects.toThrow('another pm listens on it already');
  });

  test('a file at its place is not touched', async () => {
    const path = join(makeFolder(), 'pm.sock');
    writeFileSync(path, 'mine');
    await expect(open({ socket: path })).rejects.toThrow('there is something else at its place, which is no socket');
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('a link at its place is not followed', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'target'), 'mine');
    symlinkSync(join(folder, 'target'), join(folder, 'pm.sock'));
    await expect(open({ socket: join(folder, 'pm.sock') })).rejects.toThrow('no socket');
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('mine');
  });

  test('a socket that took its place is left alone when it closes', async () => {
    const path = join(makeFolder(), 'pm.sock');
    const first = await open({}, path);
    unlinkSync(path);
    await open({}, path);
    first.close();
    expect(await canConnect(path)).toBe(true);
  });

  test('of two that come at once one gets it', async () => {
    const path = join(makeFolder(), 'pm.sock');
    await leaveStaleSocket(path);
    const results = await Promise.allSettled([open({ socket: path }), open({ socket: path }), open({ socket: path })]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await canConnect(path)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['pm.sock']);
  });

  test.for([
    ['a folder that is not there', (folder: string) => join(folder, 'no/such/pm.sock'), 'the folder does not exist'],
    [
      'a path that is too long',
      (folder: string) => join(folder, `${'x'.repeat(120)}.sock`),
      'too long for a socket (at most 107)',
    ],
    [
      'a file for a folder',
      (folder: string) => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file/pm.sock')),
      'the folder is none',
    ],
  ] as const)('%s: says why', async ([, toPath, reason]) => {
    await expect(open({ socket: toPath(makeFolder()) })).rejects.toThrow(reason);
  });

  test('a folder that may not be written: says why, as another user', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'closed'), { mode: 0o555 });
    chmodSync(folder, 0o755);
    const script = `
      import { openDoors } from ${JSON.stringify(join(import.meta.dirname, 'doors.ts'))};
      process.setgid(65534); process.setuid(65534);
      openDoors(${JSON.stringify({ ...settings, socket: join(folder, 'closed/pm.sock') })}, { socket: undefined, accept() {}, onWarning() {}, now: () => 0, later(work) { work(); } })
        .then(() => console.log('opened'), (error) => console.log(error.message));`;
    const answer = execFileSync(
      process.execPath,
      ['--conditions=@pm-supervisor/source', '--input-type=module', '-e', script],
      { encoding: 'utf8', cwd: import.meta.dirname },
    );
    expect(answer).toContain('permission denied');
  });
});

/** The file of a listener that is gone. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}.draft`);
  await once(server, 'listening');
  renameSync(`${path}.draft`, path);
  server.close();
  await once(server, 'close');
}

test('without the usual socket it goes on, and says so; one that was asked for must be had', async () => {
  const path = join(makeFolder(), 'no/such/pm.sock');
  const doors = await open({}, path);
  expect(doors.addresses).toEqual([]);
  expect(doors.warnings).toEqual([
    `the API cannot listen on ${path}: the folder does not exist; the processes run all the same`,
  ]);
  await expect(open({ socket: path })).rejects.toThrow('the folder does not exist');
});

describe('TCP', () => {
  test('listens where it is told, and says who comes', async () => {
    const doors = await open({ tcp: { host: '127.0.0.1', port: 0 } });
    expect(doors.addresses[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await new Promise((resolve) => http.get(`${doors.addresses[0]}/`, { agent: false }, resolve));
    expect(doors.origins).toEqual([{ transport: 'tcp', peer: '127.0.0.1' }]);
  });

  test('a port that is in use says so, and the socket is not left behind', async () => {
    const path = join(makeFolder(), 'pm.sock');
    const doors = await open({ tcp: { host: '127.0.0.1', port: 0 } });
    const port = Number(doors.addresses[0]?.split(':').at(-1));
    await expect(open({ tcp: { host: '127.0.0.1', port } }, path)).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: the port is in use`,
    );
    expect(existsSync(path)).toBe(false);
  });

  test('beyond loopback without a token or client certificates it does not listen, whatever was checked before [line 40]', async () => {
    for (const host of ['*', '0.0.0.0', '::', '10.0.0.1']) {
      await expect(open({ tcp: { host, port: 0 } })).rejects.toThrow('without a token or client certificates');
    }
    expect(
      (await open({ tcp: { host: '*', port: 0 }, tokens: [{ name: 'a', token: 'b', role: 'read' }] })).addresses[0],
    ).toMatch(/^http:\/\/\*:\d+$/);
  });
});

describe('TLS', () => {
  const files = { folder: '' };
  const file = (name: string): string => join(files.folder, name);
  const run = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore', cwd: files.folder });
  const makeCertificate = (name: string, subject: string): void => {
    run(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${subject}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    );
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-copy_extensions',
      'copy',
    );
  };

  beforeAll(() => {
    files.folder = mkdtempSync(join(tmpdir(), 'tls-'));
    run(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-subj',
      '/CN=test ca',
      '-days',
      '2',
    );
    for (const [name, subject] of [
      ['one', 'first'],
      ['two', 'second'],
      ['client', 'deploy bot'],
    ] as const)
      makeCertificate(name, subject);
    run(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'stranger.key',
      '-out',
      'stranger.crt',
      '-subj',
      '/CN=stranger',
      '-days',
      '2',
    );
    return () => rmSync(files.folder, { recursive: true, force: true });
  });

  const openTls = (clientAuth: 'none' | 'optional' | 'require'): Promise<Opened> => {
    const folder = makeFolder();
    for (const kind of ['crt', 'key']) writeFileSync(join(folder, `server.${kind}`), readFileSync(file(`one.${kind}`)));
    const tls = {
      certFile: join(folder, 'server.crt'),
      keyFile: join(folder, 'server.key'),
      caFile: file('ca.crt'),
      clientAuth,
      minVersion: 'TLSv1.2',
      autoReload: true,
    } as const;
    return open({ tcp: { host: '127.0.0.1', port: 0, tls } }).then((doors) => Object.assign(doors, { folder }));
  };

  interface Met {
    readonly certificate: PeerCertificate;
  }

  const visit = (doors: Opened, options: https.RequestOptions = {}): Promise<Met> =>
    new Promise((resolve, reject) => {
      https
        .get(`${doors.addresses[0]}/`, { agent: false, ca: readFileSync(file('ca.crt')), ...options }, (response) => {
          const certificate = (response.socket as TLSSocket).getPeerCertificate();
          response.resume().on('end', () => resolve({ certificate }));
        })
        .on('error', reject);
    });

  const withKey = (name: string): https.RequestOptions => ({
    cert: readFileSync(file(`${name}.crt`)),
    key: readFileSync(file(`${name}.key`)),
  });

  test('shows its certificate, and who comes has none', async () => {
    const doors = await openTls('none');
    expect((await visit(doors)).certificate.subject.CN).toBe('first');
    expect(doors.origins).toEqual([{ transport: 'tls', peer: '127.0.0.1' }]);
  });

  test('a client certificate that is required: only one that was signed is let in, and it is a name', async () => {
    const doors = await openTls('require');
    await visit(doors, withKey('client'));
    expect(doors.origins).toEqual([{ transport: 'tls', peer: '127.0.0.1', certificate: 'cert-deploy_bot' }]);
    await expect(visit(doors)).rejects.toThrow();
    await expect(visit(doors, withKey('stranger'))).rejects.toThrow();
    expect(doors.origins).toHaveLength(1);
  });

  test('one that is optional: a wrong one is none', async () => {
    const doors = await openTls('optional');
    await visit(doors, withKey('stranger'));
    await visit(doors, withKey('client'));
    await visit(doors);
    expect(doors.origins.map(({ certificate }) => certificate)).toEqual([undefined, 'cert-deploy_bot', undefined]);
  });

  test('an old version is refused', async () => {
    const doors = await openTls('none');
    await expect(
      visit(doors, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow();
  });

  test('a new certificate is taken up by the next connection, a broken one is not and is told once', async () => {
    const doors = await openTls('none');
    const { folder } = doors as unknown as { folder: string };
    const replace = (from: string): void => {
      for (const kind of ['crt', 'key'])
        writeFileSync(join(folder, `server.${kind}`), readFileSync(file(`${from}.${kind}`)));
      doors.now += 2000;
    };
    expect((await visit(doors)).certificate.subject.CN).toBe('first');
    replace('two');
    expect((await visit(doors)).certificate.subject.CN).toBe('second');
    writeFileSync(join(folder, 'server.crt'), 'half of a cert');
    for (let round = 0; round < 3; round += 1) {
      doors.now += 2000;
      expect((await visit(doors)).certificate.subject.CN).toBe('second');
    }
    expect(doors.warnings).toHaveLength(1);
    expect(doors.warnings[0]).toContain('the new certificate is not used');
    replace('one');
    expect((await visit(doors)).certificate.subject.CN).toBe('first');
  });
});
