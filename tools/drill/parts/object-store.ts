/**
 * An S3 server on this machine, as a backup in a cloud or a data centre has one: S3Proxy from Maven Central, over TLS, with
 * signed requests, and files as its storage. Real clients reach it as they reach S3.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';
import { cacheFolder } from '../../devstack/layout.ts';
import { startPart } from '../../devstack/processes/part.ts';
import { LOOPBACK, PortPicker, portsAnywhere } from '../../devstack/processes/ports.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { javaProgram, provideJars } from '../../devstack/servers/kafka.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';

const VERSION = '4.1.0';
/** What S3Proxy names is older than what its JSON library needs. */
const ANNOTATIONS_VERSION = '2.22';
const NAME = 's3-1';
const READY_WITHIN_MS = 60_000;
const BUCKET = 'chip-quality-backups';
/** S3Proxy takes any; clients sign with one. */
const REGION = 'local';
const IDENTITY = 'backup';

/** The logging back end that it comes with writes a line per byte at its default level. */
const LOGGING = `<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %level %logger{0} %msg%n</pattern></encoder></appender>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
`;

export class ObjectStore {
  readonly #port: number;
  readonly #folder: string;
  readonly #secret: string;

  private constructor(port: number, folder: string, secret: string) {
    this.#port = port;
    this.#folder = folder;
    this.#secret = secret;
  }

  /** Starts it; it ends with the system. */
  static async start(system: SystemUnderTest): Promise<ObjectStore> {
    const { folder, report, signal } = system;
    const jars = await provideJars(
      cacheFolder(),
      `s3proxy-${VERSION}`,
      [
        ['org.gaul', 's3proxy', VERSION],
        ['com.fasterxml.jackson.core', 'jackson-annotations', ANNOTATIONS_VERSION],
      ],
      () => report('S3', `downloading S3Proxy ${VERSION} with Maven (60 MB)`),
      signal,
    );
    const port = await new PortPicker(report).pick('S3', portsAnywhere().services + 50);
    const store = new ObjectStore(port, path.join(folder.data, 's3'), randomBytes(24).toString('hex'));
    await store.#found(signal);
    const configuration = store.#write('s3proxy.conf', store.#settings());
    const logging = store.#write('logback.xml', LOGGING);
    await startPart(
      folder.run,
      {
        launch: {
          name: NAME,
          command: javaProgram(),
          args: [
            ...[
              '-Xmx256m',
              '-XX:+UseSerialGC',
              '-XX:+ExitOnOutOfMemoryError',
              `-Dlogback.configurationFile=${logging}`,
            ],
            ...['-cp', `${jars}/*`, 'org.gaul.s3proxy.Main', '--properties', configuration],
          ],
          env: process.env,
          cwd: store.#folder,
        },
        readiness: () => () => store.#answers(),
        readyWithinMs: READY_WITHIN_MS,
      },
      signal,
    );
    report('S3', `ready on https://${LOOPBACK}:${port}, bucket ${BUCKET}`);
    return store;
  }

  /** What pgBackRest has to know of it. */
  pgBackRest(): string {
    return `repo1-type=s3
repo1-path=/${IDENTITY}
repo1-s3-bucket=${BUCKET}
repo1-s3-endpoint=${LOOPBACK}
repo1-storage-port=${this.#port}
repo1-s3-region=${REGION}
repo1-s3-uri-style=path
repo1-s3-key=${IDENTITY}
repo1-s3-key-secret=${this.#secret}
repo1-storage-ca-file=${this.authority}`;
  }

  /** Path of the certificate that clients trust. */
  get authority(): string {
    return path.join(this.#folder, 'server.pem');
  }

  /** A bucket, and a certificate for the address. */
  async #found(signal: AbortSignal): Promise<void> {
    mkdirSync(path.join(this.#folder, 'objects', BUCKET), { recursive: true });
    const [key, store] = [path.join(this.#folder, 'server.key'), path.join(this.#folder, 'server.p12')];
    const openssl = (...args: string[]) =>
      runCommand('openssl', args, { signal, onFailure: 'install openssl ("apt-get install openssl")' });
    await openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${LOOPBACK}`],
      ...['-addext', `subjectAltName=IP:${LOOPBACK}`, '-keyout', key, '-out', this.authority],
    );
    // Not as an argument, which every user of the machine can read.
    const password = this.#write('password', this.#secret);
    await openssl(
      ...['pkcs12', '-export', '-in', this.authority, '-inkey', key, '-out', store, '-passout', `file:${password}`],
    );
  }

  #settings(): string {
    return `s3proxy.secure-endpoint=https://${LOOPBACK}:${this.#port}
s3proxy.keystore-path=${path.join(this.#folder, 'server.p12')}
s3proxy.keystore-password=${this.#secret}
s3proxy.authorization=aws-v4
s3proxy.identity=${IDENTITY}
s3proxy.credential=${this.#secret}
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=${path.join(this.#folder, 'objects')}
`;
  }

  #write(name: string, text: string): string {
    const file = path.join(this.#folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  /** Recognised by refusing an unsigned request. */
  async #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const asked = request({ host: LOOPBACK, port: this.#port, ca: readFileSync(this.authority) }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 403);
      });
      asked.once('error', () => resolve(false));
      asked.end();
    });
  }
}
