import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeRunLock } from './run-lock.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pm-lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('the run lock', () => {
  it('refuses a second supervisor, naming the first', () => {
    const release = takeRunLock(folder, process.pid);
    expect(() => takeRunLock(folder, process.ppid)).toThrow(`another pm runs here already: pid ${process.pid}`);
    release();
    expect(readdirSync(folder)).toEqual([]);
    takeRunLock(folder, process.ppid)();
  });

  it('takes over what a killed supervisor left behind, even when its pid is used again', () => {
    writeFileSync(join(folder, 'pm.lock'), JSON.stringify({ pid: process.ppid, startTicks: 1 }));
    const release = takeRunLock(folder, process.pid);
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes over a lock that nobody can read', () => {
    writeFileSync(join(folder, 'pm.lock'), 'not json');
    takeRunLock(folder, process.pid)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not release what another supervisor holds', () => {
    const release = takeRunLock(folder, process.pid);
    writeFileSync(join(folder, 'pm.lock'), JSON.stringify({ pid: process.ppid, startTicks: 1 }));
    release();
    expect(readdirSync(folder)).toEqual(['pm.lock']);
  });
});
