import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';

test('output: a real pipe, so that /dev/stdout, /dev/stderr and /proc/self/fd/2 can be opened [line 32]', async ({
  folder,
}) => {
  const pm = await folder.run(`
processes:
  job: {type: oneshot, command: [sh, -c, "echo a > /dev/stdout; echo b > /dev/stderr; echo c > /proc/self/fd/2; [ -p /dev/stdout ] && echo fifo"]}
`);
  await pm.ended;
  const lines = pm.out.records.filter(({ process }) => process === 'job').map(({ stream, msg }) => `${stream} ${msg}`);
  expect(lines.toSorted()).toEqual(['stderr b', 'stderr c', 'stdout a', 'stdout fifo']);
});

test('output: the process’s own user can open its streams too [line 32]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  job: {type: oneshot, user: nobody, working_dir: /, command: [sh, -c, "id -un > /dev/stdout; echo oops > /dev/stderr"]}
`);
  expect((await pm.ended).code).toBe(0);
  expect(pm.out.texts).toEqual(expect.arrayContaining(['job-1: nobody', 'job-1: oops']));
});

test('output: json has time, level, process, instance, stream, msg and labels; pm’s own records are in the same stream [lines 33, 35]', async ({
  folder,
}) => {
  await folder.write(
    'say.pl',
    'print qq(tab\\t "quoted" \\xc3\\xbcmlaut \\x01\\n); print STDERR "bad\\n";'.replaceAll('\\\\', '\\'),
  );
  const pm = await folder.run(`
processes:
  job: {type: oneshot, labels: {team: red}, command: [perl, say.pl]}
`);
  await pm.ended;
  const [out] = pm.out.records.filter(({ stream, process }) => process === 'job' && stream === 'stdout');
  expect(out).toMatchObject({
    process: 'job',
    instance: 'job-1',
    stream: 'stdout',
    msg: 'tab\t "quoted" ümlaut \u0001',
    team: 'red',
    level: 'info',
  });
  expect(out?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const own = pm.out.records.filter(({ process }) => process === 'pm');
  expect(own.length).toBeGreaterThan(2);
  expect(pm.out.lines.every((line) => line.startsWith('{'))).toBe(true);
});

test('output: text is TIME NAME-1 | line, and raw is the bytes as they came [line 33]', async ({ folder }) => {
  const yaml = (format: string): string => `
global: {log_format: ${format}, log_level: error}
processes:
  job: {type: oneshot, command: [printf, 'one\\ntwo \\377\\n']}
`;
  const text = await folder.run(yaml('text'));
  await text.ended;
  expect(text.out.lines[0]).toMatch(/^\d{4}-\S+ job-1 +\| one$/);
  const raw = await folder.run(yaml('raw'));
  await raw.ended;
  expect(raw.out.lines.slice(0, 1)).toEqual(['one']);
});

test('output: any length, a last line without an end, UTF-8 across chunks, and nothing lost at exit [lines 25, 33]', async ({
  folder,
}) => {
  // 3 MiB in one line, written in odd pieces that cut characters in two; then 20,000 lines and an end without a line feed.
  await folder.write(
    'write.pl',
    `
binmode STDOUT; syswrite(STDOUT, substr("\\xc3\\xa4" x 1572864, $_ * 65521, 65521)) for 0 .. 48; syswrite(STDOUT, "\\n");
print "line $_\\n" for 1 .. 20000; print "no end";
`,
  );
  const pm = await folder.run('processes: {job: {type: oneshot, command: [perl, write.pl]}}');
  expect((await pm.ended).code).toBe(0);
  const messages = pm.out.records.filter(({ process }) => process === 'job').map(({ msg }) => msg);
  const long = messages.slice(
    0,
    messages.findIndex((msg) => msg === 'line 1'),
  );
  expect(long.length).toBeGreaterThanOrEqual(3);
  expect(long.join('').replaceAll(/[^ä]/g, '')).toBe('ä'.repeat(1572864));
  expect(messages.filter((msg) => msg.startsWith('line '))).toHaveLength(20000);
  expect(messages.at(-1)).toBe('no end');
});

test('output: a reader that stops never freezes supervision; the writers block and memory stays bounded [line 34]', async ({
  folder,
}) => {
  const pm = await folder.run(
    `
global: {log_format: text}
processes:
  flood: {scale: 3, command: [sh, -c, "yes 0123456789012345678901234567890123456789"]}
  worker: {command: [sh, -c, "trap 'echo told > told; exit 0' TERM; touch up; while :; do sleep 0.02; done"]}
  crash: {command: [sh, -c, "echo x >> crashes; sleep 0.1; exit 1"], restart_backoff: 50ms, max_restart_attempts: -1}
`,
    { stdout: 'stuck' },
  );
  await until('a crash is brought back again and again', async () => (await folder.read('crashes')).length > 10);
  const rss = async (): Promise<number> =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pm.child.pid}/status`, 'utf8'))?.[1]) * 1024;
  const before = await rss();
  await sleep(1500);
  expect(await rss()).toBeLessThan(before + 16 * 1024 * 1024);
  const began = Date.now();
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(await folder.read('told')).toBe('told\n');
});

test('output: with log_overflow drop the writers never block, and what was dropped is counted and announced [line 34]', async ({
  folder,
}) => {
  const pm = await folder.run(
    `
global: {log_overflow: drop}
processes:
  flood: {type: oneshot, command: [perl, -e, 'print "line $_\\n" for 1 .. 400000; open F, ">done"']}
  keeper: {command: [sleep, "600"]}
`,
    { stdout: 'stuck' },
  );
  await until('the writer came to its end', () => folder.exists('done'));
  pm.unstick();
  await pm.out.waitFor(/[\d,]+ lines of flood-1 dropped/);
  await pm.stop();
});

test('output: log_file is followed as the process’s own, through a rotation', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  app:
    log_file: app.log
    command: [sh, -c, "echo one >> app.log; while [ ! -e rotate ]; do sleep 0.02; done; echo last >> app.log; mv app.log app.log.1; echo two >> app.log; exec sleep 600"]
`);
  await pm.out.waitFor('app-1: one');
  await folder.write('rotate', '');
  await pm.out.waitFor('app-1: two');
  const own = pm.out.texts.filter((text) => text.startsWith('app-1: '));
  expect(own).toEqual(['app-1: one', 'app-1: last', 'app-1: two']);
  await pm.stop();
});

/** Reads at 2 MB/s until it has seen twelve services, or for 20 s, and says whom. Then pm is stopped. */
const slowReader = String.raw`
mkfifo out
"$@" > out &
perl -e '
  my (%seen, $text);
  for (my $end = time + 20; time < $end && keys %seen < 12;) {
    select(undef, undef, undef, 0.05);
    sysread(STDIN, $text, 100_000) or last;
    $seen{$1} = 1 while $text =~ /(flood-\d+) \|/g;
  }
  print "seen: ", scalar(keys %seen), "\n";
' < out
kill $!
wait
`;

test('output: services that flood a slow reader are read in turn, none waits for ever [line 34]', async ({
  folder,
}) => {
  await folder.write('slow.sh', slowReader);
  const pm = await folder.run(
    'global: {log_format: text}\nprocesses:\n  flood: {command: ["yes", "a line as fast as it can"], scale: 12}\n',
    { under: 'sh slow.sh' },
  );
  await pm.out.waitFor('seen: 12', { withinMs: 30_000 });
  await pm.ended;
});
