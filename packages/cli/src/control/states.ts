import type { ProcessState } from '@pm-supervisor/client';

/** Up and ready, or its work is done. */
export function isUp({ state }: { readonly state: ProcessState }): boolean {
  return state === 'READY' || state === 'COMPLETED';
}

/** Nothing of it runs, and nothing will by itself. */
export function isDown({ state }: { readonly state: ProcessState }): boolean {
  return state === 'STOPPED' || state === 'COMPLETED' || state === 'FAILED';
}
