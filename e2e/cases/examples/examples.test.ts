import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));

test('the configuration of "Stop without losing work" stops as the page says [lines 20, 21]', async ({ folder }) => {
  await cp(`${examples}/graceful`, folder.path, { recursive: true });
  const pm = folder.pm(['run']);
  await pm.out.waitFor('pm: up after');
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
  const order = [
    'hook:announce: leaving the load balancer',
    'no new requests',
    'proxy-1: draining',
    'app-1: finishing',
  ];
  const places = order.map((words) => pm.out.texts.findIndex((text) => text.includes(words)));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(-1);
});
