// The health check of a container: `node healthcheck.mjs ready|live`. Exit 0 means yes. Part of every image.
import { get } from 'node:http';
import { get as getEncrypted } from 'node:https';

const question = process.argv[2] ?? 'ready';
const { PORT = '3000', MANAGEMENT_PORT, HTTPS_CERTIFICATE } = process.env;
const isEncrypted = !MANAGEMENT_PORT && Boolean(HTTPS_CERTIFICATE);
const url = `${isEncrypted ? 'https' : 'http'}://127.0.0.1:${MANAGEMENT_PORT || PORT || '3000'}/health/${question}`;
const fail = (reason) => {
  console.error(reason);
  process.exit(1);
};

// The certificate is for the name that callers use, not for this address; nothing secret is sent or believed here. The
// service answers within 3 s, whatever its parts do.
const options = { rejectUnauthorized: false, signal: AbortSignal.timeout(4_000) };
(isEncrypted ? getEncrypted : get)(url, options, async (response) => {
  const answer = Buffer.concat(await response.toArray()).toString();
  if (response.statusCode !== 200) {
    fail(answer);
  }
}).on('error', (error) => fail(`${url}: ${error.message}`));
