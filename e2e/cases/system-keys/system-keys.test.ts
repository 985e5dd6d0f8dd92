import { describe, expect } from 'vitest';
import { test } from '../../harness/folder.ts';

const wait = 'sleep 600';

describe('what the operating system is asked for before a process starts', () => {
  test('umask, nice, oom_score_adj and limits', async ({ folder }) => {
    const pm = await folder.run(`
global: {umask: "027"}
processes:
  asked:
    command: [sh, -c, "umask; touch made; stat -c %a made; cut -d' ' -f19 /proc/self/stat; cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn; ulimit -c; echo done; ${wait}"]
    umask: "0077"
    nice: 7
    oom_score_adj: 300
    limits: {nofile: "500:1000", core: 0}
  default: {command: [sh, -c, "umask; cut -d' ' -f19 /proc/self/stat; cat /proc/self/oom_score_adj; echo done; ${wait}"]}
`);
    await pm.out.waitFor('asked-1: done');
    await pm.out.waitFor('default-1: done');
    const of = (instance: string): readonly string[] =>
      pm.out.texts.filter((text) => text.startsWith(`${instance}: `)).map((text) => text.slice(instance.length + 2));
    expect(of('asked-1')).toEqual(['0077', '600', '7', '300', '500', '1000', '0', 'done']);
    expect(of('default-1')).toEqual(['0027', '0', '0', 'done']);
    expect((await pm.stop()).code).toBe(0);
  });

  test('they hold from the first instruction on, also for what the process starts, and for every restart', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {restart_backoff: 0}
processes:
  web: {command: [sh, -c, "sh -c 'ulimit -n; umask'; sleep 0.1; exit 1"], limits: {nofile: 77}, umask: "0123", max_restart_attempts: -1}
`);
    await pm.out.waitFor('web-1: 77', { times: 4 });
    await pm.stop();
    expect(
      pm.out.texts.filter((text) => /^web-1: \d+$/.test(text) && !['web-1: 77', 'web-1: 0123'].includes(text)),
    ).toEqual([]);
  });

  test('a limit over the hard one needs CAP_SYS_RESOURCE: without it that is said, and nothing runs [line 12]', async ({
    folder,
  }) => {
    const pm = await folder.run(
      `
global: {on_idle: stay, max_restart_attempts: 0}
processes:
  web: {command: [sh, -c, "echo must not run"], limits: {nofile: 5000}}
  fine: {command: [sh, -c, "ulimit -n; ${wait}"], limits: {nofile: 4000}}
`,
      { under: 'prlimit --nofile=4096:4096 setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource' },
    );
    await pm.out.waitFor(
      'cannot start "web-1": its limits (nofile 5000:5000) cannot be set (EPERM). Raising a hard limit over the container\'s needs CAP_SYS_RESOURCE',
    );
    await pm.out.waitFor('fine-1: 4000');
    await pm.stop();
    expect(pm.out.texts).not.toContain('web-1: must not run');
  });

  test('stdin: nothing, a file, or a named pipe', async ({ folder }) => {
    await folder.write('input', 'from a file\n');
    const pm = await folder.run(`
hooks: {pre_start: [{name: pipe, command: [mkfifo, fifo]}]}
processes:
  none: {command: [sh, -c, "cat; echo end of input; ${wait}"]}
  file: {command: [sh, -c, "cat; ${wait}"], stdin: ${folder.path}/input}
  fifo: {command: [sh, -c, "echo waiting; read -r line; echo got $line; ${wait}"], stdin: ${folder.path}/fifo}
`);
    await pm.out.waitFor('none-1: end of input');
    await pm.out.waitFor('file-1: from a file');
    await pm.out.waitFor('fifo-1: waiting');
    await folder.write('fifo', 'late\n');
    await pm.out.waitFor('fifo-1: got late');
    await pm.stop();
  });
});
