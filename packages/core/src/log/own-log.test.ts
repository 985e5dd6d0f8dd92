import { expect, test } from 'vitest';
import { createFakeClock } from '../testing/index.ts';
import { createOwnLog, type OwnLog } from './own-log.ts';

interface Rig {
  readonly own: OwnLog;
  readonly written: string[];
  /** Ends the turn. */
  readonly endTurn: () => Promise<void>;
}

function createRig(isReady = true): Rig {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const own = createOwnLog({
    clock: createFakeClock(),
    leastLevel: () => 'debug',
    isReady: () => isReady,
    untilReady: () => promise,
    write: ({ message }) => void written.push(message),
  });
  const endTurn = (): Promise<void> => {
    resolve();
    return own.settled();
  };
  return { own, written, endTurn };
}

test('records are formatted when the turn that made them is over, in order', async () => {
  const { own, written, endTurn } = createRig();
  own.logger.info('ended');
  own.logger.warn('starts again');
  expect(written).toEqual([]);
  expect(own.isWaiting()).toBe(true);
  await endTurn();
  expect(written).toEqual(['ended', 'starts again']);
  expect(own.isWaiting()).toBe(false);
});

test('what follows does not pass them by', () => {
  const { own, written } = createRig();
  own.logger.info('started');
  own.catchUp();
  expect(written).toEqual(['started']);
});

test('what follows passes them by while their format is loaded', () => {
  const { own, written } = createRig(false);
  own.logger.info('started');
  own.catchUp();
  expect(written).toEqual([]);
});

test('many in one turn are all written', async () => {
  const { own, written, endTurn } = createRig();
  for (let number = 0; number < 25_000; number++) own.logger.info(`${number}`);
  await endTurn();
  expect(written).toEqual(Array.from({ length: 25_000 }, (_, number) => `${number}`));
});

test('while what formats them is loaded, a bounded number waits', async () => {
  const { own, written, endTurn } = createRig(false);
  for (let number = 0; number < 25_000; number++) own.logger.info(`${number}`);
  await endTurn();
  expect(written).toHaveLength(10_000);
});
