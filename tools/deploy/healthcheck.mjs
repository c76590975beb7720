// The health check of a container: `node healthcheck.mjs ready|live`. Exit 0 means yes. Part of every image.
const question = process.argv[2] ?? 'ready';
const url = `http://127.0.0.1:${process.env.PORT || 3000}/health/${question}`;
try {
  // The service answers within 3 s, whatever its parts do.
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  if (!response.ok) {
    console.error(await response.text());
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
