/** What `pm` ends with; `pm run` also passes on the code of a required process or of the command after `--`. */
export const exitCodes = {
  /** Done, stopped on request, or idle. */
  ok: 0,
  /** The boot failed, or the answer is "no". */
  failed: 1,
  /** No supervisor answers: nothing runs there, or this user may not talk to it (3 as in the LSB's init scripts). */
  notRunning: 3,
  /** The command line is wrong (EX_USAGE of sysexits.h). */
  usage: 64,
  /** A defect of pm (EX_SOFTWARE). */
  internal: 70,
  /** Another supervisor runs on the same socket (EX_TEMPFAIL). */
  alreadyRunning: 75,
  /** The configuration is wrong (EX_CONFIG). */
  config: 78,
} as const;
