import { readFileSync } from 'node:fs';
import { type Server } from 'node:tls';
import { type Logger } from '@chip/service';
import { LOGGER } from '@chip/service/nest';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';

const LOOK_MS = 5_000;

/** @throws Error when a file cannot be read */
export const readCertificate = (certificate: string, key: string): { cert: string; key: string } => ({
  cert: readFileSync(certificate, 'utf8'),
  key: readFileSync(key, 'utf8'),
});

/** Switches to a renewed certificate without a restart. Reads half-written files again at the next check. */
export function renewCertificate(app: NestFastifyApplication, certificate: string, key: string): void {
  const logger = app.get<Logger>(LOGGER);
  const server = app.getHttpServer() as unknown as Server;
  let used = JSON.stringify(readCertificate(certificate, key));
  const timer = setInterval(() => {
    try {
      const present = readCertificate(certificate, key);
      if (JSON.stringify(present) !== used) {
        server.setSecureContext(present);
        used = JSON.stringify(present);
        logger.info('certificate_renewed');
      }
    } catch (err) {
      logger.warn({ err }, 'certificate_not_renewed');
    }
  }, LOOK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
