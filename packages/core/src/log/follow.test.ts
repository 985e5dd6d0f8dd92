import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../os/clock.ts';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts';
import { createFakeOutput } from '../testing/fake-output.ts';
import { createLogPipeline } from './create-pipeline.ts';
import { type FollowPosition, followFile } from './follow.ts';
import type { LogSource, PipelineSettings } from './pipeline.ts';

let folder: string;
let path: string;
let open: Seen[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-follow-'));
  path = join(folder, 'app.log');
  open = [];
});
afterEach(() => {
  for (const { follower, clock } of open) {
    follower.readable.destroy();
    expect(clock.pending).toBe(0);
  }
  rmSync(folder, { recursive: true });
});

interface Seen {
  readonly follower: ReturnType<typeof followFile>;
  readonly clock: FakeClock;
  readonly problems: string[];
  text: string;
}

/** Follows `file` and collects what is read. */
function follow(file: string = path, from?: FollowPosition): Seen {
  const problems: string[] = [];
  const clock = createFakeClock();
  const follower = followFile(file, {
    clock,
    onProblem: (reason) => problems.push(reason),
    ...(from && { from }),
  });
  const seen: Seen = { follower, clock, problems, text: '' };
  follower.readable.setEncoding('utf8').on('data', (text: string) => void (seen.text += text));
  open.push(seen);
  return seen;
}

async function expectText(seen: Seen, text: string): Promise<void> {
  await vi.waitFor(() => expect(seen.text).toBe(text), { timeout: 8000, interval: 5 });
}

/** A file has taken the place of the one that is read: the old one still has its second. */
async function passGrace(seen: Seen): Promise<void> {
  await vi.waitFor(() => expect(seen.clock.pending).toBe(1), { interval: 5 });
  await seen.clock.advance(1000);
}

/** What this process has open, under the names of now. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return [];
    }
  });
}

describe('following a file', () => {
  test('skips what was in it, and reads what is written from then on', async () => {
    writeFileSync(path, 'old\n');
    const seen = follow();
    appendFileSync(path, 'new\n');
    await expectText(seen, 'new\n');
    appendFileSync(path, 'newer\n');
    await expectText(seen, 'new\nnewer\n');
  });

  test('reads a file that comes later from its start', async () => {
    const seen = follow();
    writeFileSync(path, 'first\n');
    await expectText(seen, 'first\n');
  });

  test('waits for directories that are missing', async () => {
    const deep = join(folder, 'var', 'log', 'app.log');
    const seen = follow(deep);
    mkdirSync(join(folder, 'var'));
    mkdirSync(join(folder, 'var', 'log'));
    writeFileSync(deep, 'deep\n');
    await expectText(seen, 'deep\n');
  });

  test('goes on after the file is renamed and made again, and reads what still comes to the old one', async () => {
    writeFileSync(path, '');
    const seen = follow();
    appendFileSync(path, '1\n');
    await expectText(seen, '1\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, '3\n');
    appendFileSync(`${path}.1`, '2 without end');
    await expectText(seen, '1\n2 without end');
    await passGrace(seen);
    await expectText(seen, '1\n2 without end\n3\n');
    appendFileSync(path, '4\n');
    await expectText(seen, '1\n2 without end\n3\n4\n');
  });

  test('loses none of several rotations in a row', async () => {
    writeFileSync(path, '');
    const seen = follow();
    for (let turn = 1; turn <= 3; turn++) {
      appendFileSync(path, `${turn}\n`);
      renameSync(path, `${path}.${turn}`);
      writeFileSync(path, '');
      // Each file is opened as soon as it is seen, so the next rotation cannot take it away.
      await vi.waitFor(() => expect(openFiles()).toContain(path), { interval: 5 });
    }
    appendFileSync(path, 'last\n');
    for (let turn = 1; turn <= 3; turn++) await passGrace(seen);
    await expectText(seen, '1\n2\n3\nlast\n');
  });

  test('starts again after a truncation in place', async () => {
    writeFileSync(path, 'old\n');
    const seen = follow();
    appendFileSync(path, 'much of this is half a line');
    await expectText(seen, 'much of this is half a line');
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, 'new\n');
    await expectText(seen, 'much of this is half a line\nnew\n');
  });

  test('goes on after the file was deleted and made again', async () => {
    writeFileSync(path, '');
    const seen = follow();
    unlinkSync(path);
    writeFileSync(path, 'again\n');
    await passGrace(seen);
    await expectText(seen, 'again\n');
  });

  test('goes on after its directory was deleted and made again', async () => {
    const deep = join(folder, 'logs', 'app.log');
    mkdirSync(join(folder, 'logs'));
    writeFileSync(deep, '');
    const seen = follow(deep);
    rmSync(join(folder, 'logs'), { recursive: true });
    mkdirSync(join(folder, 'logs'));
    writeFileSync(deep, 'again\n');
    await passGrace(seen);
    await expectText(seen, 'again\n');
  });

  test('follows a link to where it is turned', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    const [before, after] = [join(folder, 'elsewhere', 'a'), join(folder, 'elsewhere', 'b')] as const;
    for (const file of [before, after]) writeFileSync(file, '');
    symlinkSync(before, path);
    const seen = follow();
    appendFileSync(before, 'a\n');
    await expectText(seen, 'a\n');
    symlinkSync(after, `${path}.new`);
    renameSync(`${path}.new`, path);
    appendFileSync(after, 'b\n');
    await passGrace(seen);
    await expectText(seen, 'a\nb\n');
  });

  test('reads as fast as it is read', async () => {
    writeFileSync(path, '');
    const seen = follow();
    seen.follower.readable.pause();
    const block = `${'x'.repeat(1023)}\n`.repeat(1024);
    appendFileSync(path, block);
    await vi.waitFor(() => expect(seen.follower.readable.readableLength).toBeGreaterThan(0));
    expect(seen.follower.readable.readableLength).toBeLessThan(200_000);
    seen.follower.readable.resume();
    await expectText(seen, block);
  });

  test('says once why a path cannot be read, and goes on when it can', async () => {
    execFileSync('mkfifo', [path]);
    const seen = follow();
    await vi.waitFor(() => expect(seen.problems).toEqual(['it is not a regular file']));
    unlinkSync(path);
    mkdirSync(path);
    rmSync(path, { recursive: true });
    writeFileSync(path, 'a file now\n');
    await expectText(seen, 'a file now\n');
    expect(seen.problems).toHaveLength(1);
  });
});

describe('the end of following', () => {
  test('reads what is there, and remembers how far', async () => {
    writeFileSync(path, 'old\n');
    const first = follow();
    appendFileSync(path, 'last words\n');
    const ended = new Promise((resolve) => void first.follower.readable.once('end', resolve));
    first.follower.finish();
    await ended;
    expect(first.text).toBe('last words\n');
    appendFileSync(path, 'between\n');
    const second = follow(path, first.follower.position());
    await expectText(second, 'between\n');
  });

  test('does not wait for the grace of a rotation', async () => {
    writeFileSync(path, '');
    const seen = follow();
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, 'old\n');
    writeFileSync(path, 'new\n');
    const ended = new Promise((resolve) => void seen.follower.readable.once('end', resolve));
    seen.follower.finish();
    await ended;
    expect(seen.text).toBe('old\nnew\n');
    seen.follower.readable.destroy();
    expect(seen.clock.pending).toBe(0);
  });

  test('of another file than remembered, all is new', async () => {
    writeFileSync(path, 'whole\n');
    const seen = follow(path, { dev: 1, ino: 1, offset: 3 });
    await expectText(seen, 'whole\n');
  });
});

const settings: PipelineSettings = {
  format: 'text',
  level: 'info',
  timestamps: false,
  overflow: 'block',
  buffer: 100,
};
const source: LogSource = { process: 'php', instance: 'php-1', stream: 'stdout', labels: {}, shown: true };

test('following: the lines go through the pipeline, over a restart of the instance', async () => {
  const output = createFakeOutput();
  const pipeline = createLogPipeline({ output, clock: systemClock, settings });
  const first = pipeline.follow(source, path);
  writeFileSync(path, 'one\nhalf');
  await vi.waitFor(() => expect(output.lines).toEqual(['php-1 | one']), { interval: 5 });
  first.detach();
  await first.ended;
  appendFileSync(path, 'two\n');
  const second = pipeline.follow(source, path);
  await vi.waitFor(() => expect(output.lines).toEqual(['php-1 | one', 'php-1 | half', 'php-1 | two']), { interval: 5 });
  second.detach();
  await second.ended;
});

test.for([
  ['a file that was there', 'before\n'],
  ['a file that comes later', undefined],
])('following: %s is read from where it was marked, however late the following begins', async ([, before]) => {
  const output = createFakeOutput();
  const pipeline = createLogPipeline({ output, clock: systemClock, settings });
  if (before !== undefined) writeFileSync(path, before);
  pipeline.mark('php-1', path);
  appendFileSync(path, 'between\n');
  const attachment = pipeline.follow(source, path);
  await vi.waitFor(() => expect(output.lines).toEqual(['php-1 | between']), { interval: 5 });
  attachment.detach();
  await attachment.ended;
});
