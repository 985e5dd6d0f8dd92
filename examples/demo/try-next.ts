const port = process.env['DEMO_PORT'] ?? '8080';

console.log(
  `
Everything runs. Try, in another terminal:
  curl http://127.0.0.1:${port}/            the web server; it counts visits and jobs
  kill -9 $(pgrep -f "node web.ts")     kill it: it is back before you can look
  $EDITOR examples/demo/pm.yaml         say scale: 5 for the queue, and save
  npm run pm -- plan --explain --config examples/demo/pm.yaml
  npm run pm -- doctor                  what this machine offers, and what is missing
Ctrl-C here stops everything in order, each with its time to finish.`.trim(),
);
