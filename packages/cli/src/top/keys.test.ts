import { expect, test } from 'vitest';
import { readKeys } from './keys.ts';

test.each([
  ['\u001B[A\u001BOB', ['up', 'down']],
  ['\u001B[5~\u001B[6~\u001B[H\u001B[4~', ['page-up', 'page-down', 'home', 'end']],
  ['q', ['q']],
  ['r\ry', ['r', 'enter', 'y']],
  ['\u0003\u001A', ['ctrl-c', 'ctrl-z']],
  ['\u001B', ['escape']],
  ['\u001B\u001B[B', ['escape', 'down']],
  ['=_+-?', ['+', '-', '+', '-', '?']],
  ['x\u001B[99Zä😀', ['other', 'other', 'other', 'other']],
  ['', []],
])('keys: %j is %j', (text, keys) => expect(readKeys(text)).toEqual(keys));
