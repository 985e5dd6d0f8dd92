/** The version of core and of the `pm` that carries it: they are released together. Equal to package.json's, by test. */
export const coreVersion = '0.1.0';

/**
 * The version of the plugin interface: what a plugin's `core: '^1.0.0'` is checked against. It has its own number,
 * because a release of pm that changes nothing for plugins must not shut them out.
 */
export const pluginApiVersion = '1.0.0';
