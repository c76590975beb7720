/** A separate broker for one test, with access control: TLS, SASL, client certificates, and rights by ACL. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@chip/testing';
import { KAFKA_READY_WITHIN_MS, kafkaReadiness, prepareKafka, provideKafka } from '../devstack/servers/kafka.ts';
import { cacheFolder, stackFolder } from '../devstack/layout.ts';
import { startPart } from '../devstack/processes/part.ts';
import { LOOPBACK } from '../devstack/processes/ports.ts';
import { endProcess } from '../devstack/processes/processes.ts';
import { runCommand } from '../devstack/processes/run-command.ts';

/** Users with a password for SASL PLAIN. SCRAM users are data of the broker, see {@link SecuredKafka.addScramUser}. */
export type PlainUsers = Readonly<Record<string, string>>;

/** Made in a moment, where a key of RSA takes up to half a second. */
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export class SecuredKafka {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'chip-kafka-'));
  readonly #stop = new AbortController();
  #pid: number | undefined;
  #startServer: () => Promise<number | undefined> = () => Promise.reject(new Error('not prepared'));
  #java: { command: string; args: readonly string[] } = { command: '', args: [] };
  /** Without TLS, for the test alone: any client here may do everything. */
  admin = '';
  /** TLS with SASL. */
  sasl = '';
  /** TLS with client certificates. */
  mutualTls = '';

  /** @param superUsers may do everything */
  static async start(users: PlainUsers, superUsers: readonly string[] = []): Promise<SecuredKafka> {
    const kafka = new SecuredKafka();
    try {
      await kafka.#start(users, superUsers);
      return kafka;
    } catch (error) {
      await kafka.stop();
      throw error;
    }
  }

  async #start(users: PlainUsers, superUsers: readonly string[]): Promise<void> {
    const [broker, controller, sasl, mutualTls] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    this.admin = `${LOOPBACK}:${broker}`;
    this.sasl = `${LOOPBACK}:${sasl}`;
    this.mutualTls = `${LOOPBACK}:${mutualTls}`;
    await this.#found();
    const stack = stackFolder(this.file('stack'));
    const programs = await provideKafka(cacheFolder(), stack.run, () => {}, this.#stop.signal);
    const launch = await prepareKafka(
      programs,
      stack,
      { name: 'kafka-1', id: 1, cluster: [{ broker, controller }], isDurable: false },
      this.#stop.signal,
    );
    const listeners = { PLAINTEXT: this.admin, SASL: this.sasl, MUTUAL: this.mutualTls };
    const addresses = Object.entries(listeners).map(([name, address]) => `${name}://${address}`);
    const jaas = Object.entries(users).map(([user, password]) => `user_${user}="${password}"`);
    // A later line replaces an earlier one.
    appendFileSync(
      launch.args.at(-1) as string,
      `listeners=${addresses.join(',')},CONTROLLER://${LOOPBACK}:${controller}
advertised.listeners=${addresses.join(',')}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${jaas.join(' ')};
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
ssl.keystore.type=PEM
ssl.keystore.location=${this.file('broker.both')}
ssl.truststore.type=PEM
ssl.truststore.location=${this.file('ca.pem')}
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=${['ANONYMOUS', ...superUsers].map((user) => `User:${user}`).join(';')}
`,
    );
    this.#java = { command: launch.command, args: launch.args.slice(0, -2) };
    const part = {
      launch,
      readiness: () => kafkaReadiness(stack.run, 'kafka-1'),
      readyWithinMs: KAFKA_READY_WITHIN_MS,
    };
    this.#startServer = async () => (await startPart(stack.run, part, this.#stop.signal)).pid;
    this.#pid = await this.#startServer();
  }

  /** The authority, and a certificate of the broker. */
  async #found(): Promise<void> {
    await this.#openssl(
      ...['req', '-x509', ...EC_KEY, '-days', '2', '-subj', '/CN=test authority'],
      ...['-keyout', this.file('ca.key'), '-out', this.file('ca.pem')],
    );
    await this.certify('broker', `subjectAltName=IP:${LOOPBACK}`);
    writeFileSync(this.file('broker.both'), readFileSync(this.file('broker.key'), 'utf8') + this.pem('broker'));
  }

  /**
   * Replaces the authority, the certificate of the broker and those of `clients`, in their files, and starts the broker
   * again: it accepts nothing of before.
   */
  async renew(...clients: string[]): Promise<void> {
    await this.#found();
    for (const client of clients) {
      await this.certify(client);
    }
    await endProcess(this.#pid as number, 'SIGTERM', 30_000);
    this.#pid = await this.#startServer();
  }

  file(name: string): string {
    return path.join(this.#folder, name);
  }

  /** The certificate of the broker or of a client, or that of the authority (`ca`). */
  pem(name: string): string {
    return readFileSync(this.file(`${name}.pem`), 'utf8');
  }

  /** Creates `<name>.key` and `<name>.pem`; the broker knows the bearer by this name. */
  async certify(name: string, extension = 'extendedKeyUsage=clientAuth'): Promise<void> {
    const [request, extensions] = [this.file(`${name}.csr`), this.file(`${name}.ext`)];
    writeFileSync(extensions, extension);
    await this.#openssl(
      ...['req', ...EC_KEY, '-subj', `/CN=${name}`],
      ...['-keyout', this.file(`${name}.key`), '-out', request],
    );
    await this.#openssl(
      ...['x509', '-req', '-in', request, '-CA', this.file('ca.pem'), '-CAkey', this.file('ca.key'), '-days', '2'],
      ...['-CAcreateserial', '-extfile', extensions, '-out', this.file(`${name}.pem`)],
    );
  }

  async addScramUser(mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512', name: string, password: string): Promise<void> {
    await runCommand(
      this.#java.command,
      [
        ...this.#java.args.filter((arg) => !arg.startsWith('-Xm')),
        ...['kafka.admin.ConfigCommand', '--bootstrap-server', this.admin, '--alter', '--entity-type', 'users'],
        ...['--entity-name', name, '--add-config', `${mechanism}=[password=${password}]`],
      ],
      { onFailure: 'see the lines above' },
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    // Its data is not needed.
    if (this.#pid !== undefined) {
      await endProcess(this.#pid, 'SIGKILL', 5_000);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #openssl(...args: string[]): Promise<void> {
    await runCommand('openssl', args, { onFailure: 'install openssl ("apt-get install openssl")' });
  }
}
