import { mkdirSync, mkdtempSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { findPlaces, watchPath } from './watch-path.ts';

vi.mock('node:fs', { spy: true });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-watch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the places that decide where a path leads', () => {
  test('are the file in its directory', async () => {
    writeFileSync(join(folder, 'log'), '');
    expect(await findPlaces(join(folder, 'log'))).toEqual([{ directory: folder, name: 'log' }]);
  });

  test('are the first name that is missing', async () => {
    expect(await findPlaces(join(folder, 'a', 'b', 'log'))).toEqual([{ directory: folder, name: 'a' }]);
  });

  test('are every link on the way, and what it leads to', async () => {
    mkdirSync(join(folder, 'v1'));
    writeFileSync(join(folder, 'v1', 'log'), '');
    symlinkSync('v1', join(folder, 'current'));
    symlinkSync(`${folder}/current/../current/log`, join(folder, 'app.log'));
    expect(await findPlaces(join(folder, 'app.log'))).toEqual([
      { directory: folder, name: 'app.log' },
      { directory: folder, name: 'current' },
      { directory: folder, name: 'current' },
      { directory: join(folder, 'v1'), name: 'log' },
    ]);
  });

  test('end, though links lead round and round', async () => {
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    expect((await findPlaces(join(folder, 'a'))).length).toBeLessThan(50);
  });
});

describe('a path', () => {
  test('is watched without a timer', async () => {
    const clock = createFakeClock();
    const changes: string[] = [];
    const watched = watchPath(join(folder, 'log'), clock, (change) => changes.push(change));
    await watched.refresh();
    expect(clock.pending).toBe(0);
    writeFileSync(join(folder, 'other'), '');
    writeFileSync(join(folder, 'log'), 'x');
    await vi.waitFor(() => expect(changes).toContain('written'), { interval: 5 });
    expect(changes[0]).toBe('moved');
    watched.close();
  });

  test('is looked at every second where the kernel does not tell', async () => {
    vi.mocked(watch).mockImplementation(() => {
      throw Object.assign(new Error('no watches left'), { code: 'ENOSPC' });
    });
    const clock = createFakeClock();
    const changes: string[] = [];
    const watched = watchPath(join(folder, 'log'), clock, (change) => changes.push(change));
    await watched.refresh();
    await clock.advance(3000);
    expect(changes).toEqual(['moved', 'moved', 'moved']);
    vi.mocked(watch).mockRestore();
    await watched.refresh();
    expect(clock.pending).toBe(0);
    watched.close();
  });

  test('that is closed leaves no timer and no watch', async () => {
    vi.mocked(watch).mockImplementation(() => {
      throw new Error('no watches left');
    });
    const clock = createFakeClock();
    const watched = watchPath(join(folder, 'log'), clock, () => {});
    const refreshed = watched.refresh();
    watched.close();
    await refreshed;
    expect(clock.pending).toBe(0);
  });
});
