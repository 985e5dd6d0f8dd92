import { Agent, get } from 'node:http';
import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';
import { findFreePort } from '../../harness/ports.ts';
import { writeSite } from './site.ts';

test('nginx and php-fpm: started in order, a page is served through both, /dev/stdout works, stopped in order without losing a request [lines 3, 20, 21, 32]', async ({
  folder,
}) => {
  const port = await findFreePort();
  const { yaml } = await writeSite(folder, port);
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after', { withinMs: 30_000 });
  const order = pm.out.texts.flatMap((text) => /pm: (php-fpm-1 is ready|nginx-1 started)/.exec(text)?.[1] ?? []);
  expect(order).toEqual(['php-fpm-1 is ready', 'nginx-1 started']);

  const load = startLoad(port, 8);
  await load.until(50);
  await pm.signal('SIGTERM');
  const { answered, broken } = await load.finish();
  expect(await pm.ended).toEqual({ code: 0, signal: null });

  expect(broken).toEqual([]);
  expect(answered).toBeGreaterThan(50);
  await pm.out.waitFor(/^nginx-1: 127\.0\.0\.1 .*"GET \/\?us=20000 HTTP\/1\.1" 200/);
  const ends = pm.out.texts.flatMap((text) => /pm: (nginx|php-fpm)-1 ended/.exec(text)?.[1] ?? []);
  expect(ends).toEqual(['nginx', 'php-fpm']);
  const fpmTold = pm.out.texts.findIndex((text) => text.startsWith('php-fpm-1:') && text.includes('Finishing'));
  const nginxGone = pm.out.texts.findIndex((text) => text.includes('pm: nginx-1 ended'));
  expect(fpmTold).toBeGreaterThan(nginxGone);
});

interface Load {
  /** Resolves when so many requests were answered. */
  until(count: number): Promise<void>;
  /** Goes on until the server no longer accepts; what was accepted and not answered is broken. */
  finish(): Promise<{ answered: number; broken: readonly string[] }>;
}

/** Keep-alive requests, one after the other on each of `connections`, until nothing listens any more. */
function startLoad(port: number, connections: number): Load {
  let answered = 0;
  const broken: string[] = [];
  const watchers = new Set<() => void>();
  const work = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const outcome = await request(port, agent);
      if (outcome === 'refused') break;
      if (outcome === 'answered') answered += 1;
      else broken.push(outcome);
      for (const look of watchers) look();
    }
    agent.destroy();
  };
  const workers = Array.from({ length: connections }, work);
  return {
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (answered >= count) resolve();
        };
        watchers.add(look);
        look();
      }),
    async finish() {
      await Promise.all(workers);
      return { answered, broken };
    },
  };
}

/**
 * A kept connection that the server closed while it was idle is no accepted request: HTTP asks the client to send it
 * again (RFC 9112, 9.3.1). What got as far as an answer, or was sent on a new connection, must be answered whole.
 */
function request(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const sent = get({ port, host: '127.0.0.1', path: '/?us=20000', agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve(
          response.statusCode === 200 && body.startsWith('page ') ? 'answered' : `${response.statusCode} ${body}`,
        ),
      );
      response.on('error', (error) => resolve(`cut off: ${error.message}`));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return resolve('refused');
      if (error.code === 'ECONNRESET' && sent.reusedSocket) return resolve(request(port, agent));
      resolve(`${error.code}: ${error.message}`);
    });
  });
}
