const longestInterval = 2 ** 31 - 1;

/**
 * Keeps the event loop alive until the returned function is called: with `on_idle: stay` and no control socket
 * there may be no other handle, and Node would end. Costs one wakeup in 24 days.
 */
export function keepAlive(): () => void {
  const handle = setInterval(() => {}, longestInterval);
  return () => clearInterval(handle);
}
