/**
 * Hands every error that nobody caught, and every rejection that nobody handled, to `listener`; without one Node would
 * end, and a container with it. Returns the way to stop.
 */
export function handleUncaught(listener: (error: unknown) => void): () => void {
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
  return () => {
    process.off('uncaughtException', listener);
    process.off('unhandledRejection', listener);
  };
}
