/** The version of core and of the `pm` that carries it: they are released together. Equal to package.json's, by test. */
export const coreVersion = '0.1.0';
