/** When the certificates that a service uses end. */
import { X509Certificate } from 'node:crypto';
import { Gauge, type Registry } from 'prom-client';

interface Watched {
  readonly name: string;
  readonly read: () => string;
}

const WATCHED = new WeakMap<Registry, Watched[]>();
const PEM = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/** Registers the gauge. Without certificates it has no value. */
export function measureCertificates(registry: Registry): Watched[] {
  const watched: Watched[] = [];
  WATCHED.set(registry, watched);
  new Gauge({
    name: 'chip_certificate_expiry_timestamp_seconds',
    help: 'When the first certificate of a file or bundle in use ends; 0 = it cannot be read. Named by the variable or URL parameter.',
    labelNames: ['certificate'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [name, members] of Map.groupBy(watched, (one) => one.name)) {
        this.labels(name).set(Math.min(...members.map(({ read }) => endOf(read))));
      }
    },
  });
  return watched;
}

/**
 * Shows when a certificate ends.
 *
 * @param name of the variable or parameter that gives it; of several with one name, the first to end counts
 * @param read returns the PEM text, for every scrape: a renewed file shows at once
 */
export function watchCertificate(registry: Registry, name: string, read: () => string): void {
  (WATCHED.get(registry) ?? measureCertificates(registry)).push({ name, read });
}

/** Seconds since 1970. */
function endOf(read: () => string): number {
  try {
    const ends = (read().match(PEM) ?? []).map((pem) => Date.parse(new X509Certificate(pem).validTo) / 1000);
    return ends.length === 0 ? 0 : Math.min(...ends);
  } catch {
    return 0;
  }
}
