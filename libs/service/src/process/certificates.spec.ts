import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { measureCertificates, watchCertificate } from './certificates.ts';

const METRIC = 'chip_certificate_expiry_timestamp_seconds';
const endOf = (pem: string): number => Date.parse(new X509Certificate(pem).validTo) / 1000;
const [FIRST = '', SECOND = ''] = rootCertificates;

const shown = async (registry: Registry): Promise<Record<string, number>> => {
  const metric = await registry.getSingleMetric(METRIC)!.get();
  return Object.fromEntries(metric.values.map(({ labels, value }) => [String(labels['certificate']), value]));
};

describe('certificates', () => {
  it('shows the first end of a bundle, and of several files with one name', async () => {
    const registry = new Registry();
    measureCertificates(registry);
    expect(await shown(registry)).toEqual({});
    watchCertificate(registry, 'BUNDLE', () => `${FIRST}\n${SECOND}\n`);
    watchCertificate(registry, 'FILE', () => FIRST);
    watchCertificate(registry, 'FILE', () => SECOND);
    const earlier = Math.min(endOf(FIRST), endOf(SECOND));
    expect(await shown(registry)).toEqual({ BUNDLE: earlier, FILE: earlier });
  });

  it('reads again for every scrape, and shows what cannot be read as ended', async () => {
    const registry = new Registry();
    let pem = FIRST;
    watchCertificate(registry, 'RENEWED', () => pem);
    watchCertificate(registry, 'MISSING', () => readFileSync('/does/not/exist', 'utf8'));
    watchCertificate(registry, 'EMPTY', () => 'no certificate');
    expect(await shown(registry)).toEqual({ RENEWED: endOf(FIRST), MISSING: 0, EMPTY: 0 });
    pem = SECOND;
    expect(await shown(registry)).toMatchObject({ RENEWED: endOf(SECOND) });
  });
});
