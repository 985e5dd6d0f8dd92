export { loadSys, svexecPath, helperStatus } from './load.ts';
export type { HelperStatus, Sys, WaitResult } from './sys.ts';
