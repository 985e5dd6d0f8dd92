import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

/** `/dev/null`, `/dev/full` and others without a medium behind them (null(4)). */
const memoryDevices = 1;

/** A device that is only memory: what is written to it never waits for anybody. */
export function isMemoryDevice({ rdev }: { readonly rdev: number }): boolean {
  return ((rdev >> 8) & 0xfff) === memoryDevices;
}

/** isatty(3). Most descriptors are none by what they are already: Node's module for terminals is loaded for those that might. */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && !isMemoryDevice(stat) && isatty(fd);
  } catch {
    return false;
  }
}
