import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority of one suite, in a temporary folder. Needs the program openssl. */
export class TestAuthority {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'chip-authority-'));
  #count = 0;

  static async create(): Promise<TestAuthority> {
    const authority = new TestAuthority();
    await openssl(
      'req',
      '-x509',
      ...EC_KEY,
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
      '-keyout',
      authority.#key,
      '-out',
      authority.certificate,
    );
    return authority;
  }

  /** Path of the certificate that clients trust. */
  get certificate(): string {
    return path.join(this.#folder, 'ca.pem');
  }

  get #key(): string {
    return path.join(this.#folder, 'ca.key');
  }

  /**
   * A certificate for one name.
   *
   * @param name such as `IP:127.0.0.1` or `DNS:localhost`
   * @param commonName whom a client's certificate identifies
   */
  async certify(
    name: `${'IP' | 'DNS'}:${string}`,
    commonName = `certificate ${this.#count + 1}`,
  ): Promise<CertificateFiles> {
    this.#count += 1;
    const file = (ending: string): string => path.join(this.#folder, `${this.#count}.${ending}`);
    writeFileSync(file('ext'), `subjectAltName=${name}`);
    await openssl('req', ...EC_KEY, '-subj', `/CN=${commonName}`, '-keyout', file('key'), '-out', file('csr'));
    await openssl(
      ...['x509', '-req', '-in', file('csr'), '-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial'],
      ...['-days', '2', '-extfile', file('ext'), '-out', file('pem')],
    );
    return { certificate: file('pem'), key: file('key') };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function openssl(...args: string[]): Promise<void> {
  await promisify(execFile)('openssl', args);
}
