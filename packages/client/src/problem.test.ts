import { expect, test } from 'vitest';
import { ApiError } from './errors.ts';
import { toProblem } from './problem.ts';

test('a problem becomes an error that says what, and what to do', () => {
  const body = JSON.stringify({
    type: 'about:blank',
    title: 'Unknown target',
    status: 404,
    detail: 'there is no process "wbe"',
    code: 'PM_COMMAND_UNKNOWN_TARGET',
    hint: 'Did you mean "web"?',
    candidates: ['web'],
  });
  const error = new ApiError(toProblem(404, 'Not Found', body));
  expect(error).toMatchObject({
    name: 'ApiError',
    message: 'there is no process "wbe"',
    hint: 'Did you mean "web"?',
    status: 404,
    code: 'PM_COMMAND_UNKNOWN_TARGET',
    problem: { candidates: ['web'] },
  });
});

test.each([
  ['<html>Bad Gateway</html>', 'Bad Gateway'],
  ['', 'Bad Gateway'],
  ['[1]', 'Bad Gateway'],
  ['null', 'Bad Gateway'],
  ['{"title": 7, "detail": {}, "code": 1}', 'Bad Gateway'],
])('an answer that is no problem is told by its status: %j', (body, message) => {
  expect(new ApiError(toProblem(502, 'Bad Gateway', body))).toMatchObject({
    message,
    status: 502,
    code: undefined,
    hint: undefined,
  });
});

test('the status that counts is the one of the answer', () => {
  expect(toProblem(503, '', '{"status": 200}')).toMatchObject({ status: 503, title: 'HTTP 503' });
});
