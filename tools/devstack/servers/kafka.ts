/** Kafka: its jars from Maven Central, one KRaft node on loopback or a cluster of several. */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cachedFolder } from './cached-folder.ts';
import { startPart } from '../processes/part.ts';
import { endProcess, forgetPid, logFile, runningPid, type Launch } from '../processes/processes.ts';
import type { StackFolder } from '../layout.ts';
import { LOOPBACK, PortPicker, portsAnywhere } from '../processes/ports.ts';
import { checkCommands } from './prerequisites.ts';
import type { Report } from '../terminal/progress.ts';
import { runCommand } from '../processes/run-command.ts';
import { StackError } from '../terminal/stack-error.ts';

/** Read when it is needed: `npm run matrix` changes it from column to column. */
const wantedVersion = (): string => process.env['CHIP_KAFKA_VERSION'] ?? '4.1.0';
/** The logging back end that Kafka's distribution ships with this version. */
export const LOG4J_VERSION = '2.24.3';
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const OLDEST_JAVA = 17;
const PART = 'Kafka';
const ARCHIVE = 'classes.jsa';
/** What the tool that formats a data folder writes: the ids of node and folder, and the features of this version. */
const FORMATTED = { ids: 'meta.properties', features: 'bootstrap.checkpoint' };
/** Against what hangs: a process that ends is noticed at once, and a busy machine may need minutes. */
export const KAFKA_READY_WITHIN_MS = 180_000;
const WITHOUT_KAFKA = 'or set KAFKA_BROKERS to your own Kafka 4 broker';

/** Blocks on the accepted topics reach 8 MiB, dead letters 5 MiB, plus protocol overhead. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
}

/** One node of a cluster; each is a broker and a voter of the controller quorum. */
export interface KafkaNode {
  /** Name of its process, log and folder: `kafka-1`, `kafka-2` … */
  readonly name: string;
  /** Its place in `cluster`, from 1. */
  readonly id: number;
  /** Ports of every node, in order of their ids. */
  readonly cluster: readonly KafkaPorts[];
  /** False for a broker that runs for minutes only. */
  readonly isDurable: boolean;
  /** Shared by the nodes of a cluster of several; a single node generates its own. */
  readonly clusterId?: string | undefined;
}

export function javaProgram(): string {
  const home = process.env['JAVA_HOME'];
  return home ? path.join(home, 'bin', 'java') : 'java';
}

/** `openjdk version "17.0.15"` gives 17; `java version "1.8.0_292"` gives 8. */
export function javaMajor(versionText: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(versionText);
  return match ? Number(match[1]) : undefined;
}

/** Refuses a machine that cannot run the broker before anything is downloaded. @returns what its Java says of itself */
async function checkJava(): Promise<string> {
  // Running it checks the Java that JAVA_HOME points to.
  checkCommands(process.env['JAVA_HOME'] ? ['mvn'] : ['java', 'mvn'], WITHOUT_KAFKA);
  const onFailure = `install Java ${OLDEST_JAVA} or newer ("apt-get install openjdk-17-jre-headless") or point JAVA_HOME to one, ${WITHOUT_KAFKA}`;
  // Not `--version`, which Java 8 does not know. This one writes to standard error.
  const { stderr } = await runCommand(javaProgram(), ['-version'], { onFailure });
  const major = javaMajor(stderr);
  if (major === undefined || major < OLDEST_JAVA) {
    throw new StackError(
      `this machine's Java cannot run Kafka ${wantedVersion()}, which needs Java ${OLDEST_JAVA} (it says: ${stderr.split('\n')[0]})`,
      onFailure,
    );
  }
  return stderr;
}

/** What a broker is started from. */
export interface KafkaPrograms {
  readonly jars: string;
  /** Options of Java that load the classes as an earlier broker left them: a start then takes a third of the CPU time. */
  readonly classes: readonly string[];
  /** The features that the tool wrote once: to run it for each broker takes half as much CPU time as a start. */
  readonly features?: string;
}

/** @param runFolder of the caller, whose sweep also finds what an interrupted call leaves running */
export async function provideKafka(
  cache: string,
  runFolder: string,
  report: Report,
  signal: AbortSignal,
): Promise<KafkaPrograms> {
  const java = await checkJava();
  const jars = await provideJars(
    cache,
    `kafka-${wantedVersion()}`,
    [
      ['org.apache.kafka', 'kafka_2.13', wantedVersion()],
      ['org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J_VERSION],
    ],
    () => report(PART, `downloading the broker ${wantedVersion()} with Maven (45 MB)`),
    signal,
  );
  const id = createHash('sha256')
    .update(`${java} ${statSync(jars).mtimeMs}`)
    .digest('hex')
    .slice(0, 12);
  return { jars, ...(await provideFastStart(cache, id, jars, runFolder, report, signal)) };
}

type Artifact = readonly [group: string, artifact: string, version: string];

/** Resolves with a folder of jars: the artifacts, and what they depend on. */
export function provideJars(
  cache: string,
  name: string,
  artifacts: readonly Artifact[],
  onDownload: () => void,
  signal: AbortSignal,
): Promise<string> {
  const build = async (folder: string): Promise<void> => {
    onDownload();
    const project = path.join(folder, 'pom.xml');
    writeFileSync(project, mavenProject(name, artifacts));
    await runCommand(
      'mvn',
      ['-q', '-B', '-C', '-Dstyle.color=never', '-f', project, DEPENDENCY_PLUGIN, `-DoutputDirectory=${folder}`],
      {
        env: { ...process.env, MAVEN_OPTS: `${COMPILE_LITTLE} ${process.env['MAVEN_OPTS'] ?? ''}` },
        signal,
        onFailure: `check that Maven reaches its repository (network, proxy, settings.xml), then try again; for Kafka ${WITHOUT_KAFKA}`,
      },
    );
  };
  return cachedFolder(cache, name, build, true);
}

/** @param id of Java and the jars: Java refuses an archive of another Java or of other jars, so each has its own */
async function provideFastStart(
  cache: string,
  id: string,
  jars: string,
  runFolder: string,
  report: Report,
  signal: AbortSignal,
): Promise<Omit<KafkaPrograms, 'jars'>> {
  const folder = await cachedFolder(cache, `kafka-${wantedVersion()}-start-${id}`, async (partial) => {
    report(PART, 'preparing fast starts (once)');
    await prepareFastStart(jars, partial, runFolder, signal);
  });
  const archive = path.join(folder, ARCHIVE);
  return {
    // A Java without an archive of its own classes writes none.
    classes: existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : [],
    features: path.join(folder, FORMATTED.features),
  };
}

/** Java archives the classes that a broker has loaded when it ends. */
async function prepareFastStart(jars: string, folder: string, runFolder: string, signal: AbortSignal): Promise<void> {
  const name = 'kafka-classes';
  const ports = new PortPicker(() => {});
  const { kafka: first } = portsAnywhere();
  const cluster = [{ broker: await ports.pick(PART, first), controller: await ports.pick(PART, first) }];
  const stack = { data: folder, run: runFolder };
  const node = { name, id: 1, cluster, isDurable: false };
  const launch = await prepareKafka({ jars, classes: [] }, stack, node, signal);
  copyFileSync(path.join(kafkaHome(stack, name), LOG, FORMATTED.features), path.join(folder, FORMATTED.features));
  const args = [`-XX:ArchiveClassesAtExit=${path.join(folder, ARCHIVE)}`, ...launch.args];
  const readiness = () => kafkaReadiness(runFolder, name);
  try {
    await startPart(
      runFolder,
      { launch: { ...launch, args }, readiness, readyWithinMs: KAFKA_READY_WITHIN_MS },
      signal,
    );
  } finally {
    const pid = runningPid(runFolder, name);
    if (pid !== undefined) {
      await endProcess(pid, 'SIGTERM', KAFKA_READY_WITHIN_MS);
    }
    forgetPid(runFolder, name);
    rmSync(kafkaHome(stack, name), { recursive: true, force: true });
  }
}

function mavenProject(name: string, artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map(
    ([group, artifact, version]) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>${name}</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`;
}

/** Java reads properties as Latin-1, so other letters in the name of a folder would name a different one. */
const escaped = (text: string): string =>
  text.replace(/\\|[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
/** Without it, Java cannot name files with letters beyond ASCII if the locale of the user is C. */
const javaEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, LC_ALL: 'C.UTF-8' });

/** Three replicas of everything and two in sync, as in production; a single broker can hold only one. */
function serverProperties(logFolder: string, { id, cluster }: KafkaNode): string {
  const { broker, controller } = cluster[id - 1] as KafkaPorts;
  const voters = cluster.map((ports, i) => `${i + 1}@${LOOPBACK}:${ports.controller}`).join(',');
  const copies = Math.min(3, cluster.length);
  const inSync = Math.max(1, copies - 1);
  return `node.id=${id}
process.roles=broker,controller
controller.quorum.voters=${voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://${LOOPBACK}:${broker},CONTROLLER://${LOOPBACK}:${controller}
advertised.listeners=PLAINTEXT://${LOOPBACK}:${broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${escaped(logFolder)}
auto.create.topics.enable=false
message.max.bytes=${MAX_MESSAGE_BYTES}
replica.fetch.max.bytes=${MAX_MESSAGE_BYTES}
default.replication.factor=${copies}
min.insync.replicas=${inSync}
offsets.topic.replication.factor=${copies}
transaction.state.log.replication.factor=${copies}
transaction.state.log.min.isr=${inSync}
share.coordinator.state.topic.replication.factor=${copies}
share.coordinator.state.topic.min.isr=${inSync}
# 50 partitions each are meant for clusters; a few make the broker start and stop faster.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
# The default of 3 s is time that every start and every test waits for nothing.
group.initial.rebalance.delay.ms=0
# By default, the controller writes a record twice a second while nothing happens: a third of what an idle broker computes.
metadata.max.idle.interval.ms=5000
unclean.leader.election.enable=false
`;
}

const LOGGING_PROPERTIES = `status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** Only the quick compiler: for processes that end before the optimising one, as costly as starting, pays off. */
export const COMPILE_LITTLE = '-XX:TieredStopAtLevel=1';
/** Set for the brokers of `npm test`: a stack that a test starts as a user would ends after minutes, too. */
const ENDS_SOON = 'CHIP_BROKERS_END_SOON';

/** Blocks of 8 MiB do not fit the regions of G1 in a small heap. */
const SMALL_HEAP = ['-Xms128m', '-Xmx320m', '-XX:+UseSerialGC'];
const USUAL_HEAP = ['-Xms512m', '-Xmx1g', '-XX:+UseG1GC'];

/** Of a cluster or of a data folder. Kafka's own ids begin with no dash either, which a command would take for an option. */
export function newId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newId() : id;
}

/** In {@link kafkaHome}. */
const LOG = 'log';

/** Where a node keeps its data. */
export function kafkaHome(folder: StackFolder, name: string): string {
  return path.join(folder.data, name === 'kafka-1' ? 'kafka' : name);
}

/** Formats a data folder as the tool does, with ids of its own. */
function formatWith(features: string, logFolder: string, nodeId: number, clusterId: string): void {
  mkdirSync(logFolder, { recursive: true });
  copyFileSync(features, path.join(logFolder, FORMATTED.features));
  // Last: a folder with it is formatted.
  const ids = { version: 1, 'cluster.id': clusterId, 'node.id': nodeId, 'directory.id': newId() };
  const lines = Object.entries(ids).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(path.join(logFolder, FORMATTED.ids), lines.join(''));
}

/** Writes the configuration, and formats the data folder on first use. */
export async function prepareKafka(
  { jars, classes, features }: KafkaPrograms,
  folder: StackFolder,
  node: KafkaNode,
  signal: AbortSignal,
): Promise<Launch> {
  const home = kafkaHome(folder, node.name);
  const logFolder = path.join(home, LOG);
  const properties = path.join(home, 'server.properties');
  const logging = path.join(home, 'log4j2.properties');
  mkdirSync(home, { recursive: true });
  writeFileSync(properties, serverProperties(logFolder, node));
  writeFileSync(logging, LOGGING_PROPERTIES);
  const java = [...classes, '-cp', `${jars}/*`, `-Dlog4j2.configurationFile=${logging}`];
  const launch: Launch = {
    name: node.name,
    command: javaProgram(),
    args: [
      ...(node.cluster.length > 1 ? SMALL_HEAP : USUAL_HEAP),
      '-XX:+ExitOnOutOfMemoryError',
      ...(node.isDurable && process.env[ENDS_SOON] === undefined ? [] : [COMPILE_LITTLE]),
      ...java,
      'kafka.Kafka',
      properties,
    ],
    env: javaEnvironment(),
    cwd: home,
  };
  if (!existsSync(path.join(logFolder, FORMATTED.ids))) {
    const clusterId = node.clusterId ?? newId();
    if (features !== undefined) {
      formatWith(features, logFolder, node.id, clusterId);
      return launch;
    }
    await runCommand(
      javaProgram(),
      [
        COMPILE_LITTLE,
        ...java,
        'kafka.tools.StorageTool',
        'format',
        `--cluster-id=${clusterId}`,
        '-c',
        properties,
        '--ignore-formatted',
      ],
      {
        env: javaEnvironment(),
        signal,
        onFailure: `delete the download, ${jars}, if it is damaged, or the local data with "npm stop -- --wipe"; then try again`,
      },
    );
  }
  return launch;
}

/** The broker reports once it serves requests; its port opens seconds earlier. */
export function kafkaReadiness(runFolder: string, name: string): () => boolean {
  const file = logFile(runFolder, name);
  const from = existsSync(file) ? statSync(file).size : 0;
  return () => existsSync(file) && readFileSync(file).subarray(from).includes('Kafka Server started');
}
