/**
 * Ready-made schemas for the sections of plugins: the same reading, the same errors and the same JSON Schema as core's own
 * keys. They are valibot schemas and can be parts of valibot's maps and lists.
 */
export { command, shell } from './command.ts';
export { account, labels, paths, variables } from './environment.ts';
export { decimal, duration, flag, integer, oneOf, path, signal, size, text } from './leaf.ts';
export type { Schema } from './leaf.ts';
export { mapOf } from './plugin-map.ts';
export { choiceOf, listOf, recordOf, refine } from './structure.ts';
