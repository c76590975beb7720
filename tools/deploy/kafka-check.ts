/** The broker of Compose: its listeners, and topic sizes as the code expects them. */
import { TOPICS } from '@chip/contracts';
import type { Check } from './check.ts';
import { when } from './kubernetes/objects.ts';

export const kafka: Check = ({ compose }) => {
  const broker = compose.services['kafka'];
  const setting = (name: string) => String(broker?.environment?.[name] ?? '');
  const listeners = (name: string) =>
    new Map(
      setting(name)
        .split(',')
        .map((text) => /^([A-Z]+):\/\/([^:]*):(\d+)$/.exec(text))
        .filter((match) => match !== null)
        .map(([, listener = '', host = '', port = '']) => [listener, { host, port }]),
    );
  const bound = listeners('KAFKA_LISTENERS');
  const advertised = listeners('KAFKA_ADVERTISED_LISTENERS');
  const [, hostPort, innerPort] = /^127\.0\.0\.1:(\d+):(\d+)$/.exec(broker?.ports?.[0] ?? '') ?? [];
  const forContainers = [...advertised].find(([, { host }]) => host === 'kafka');
  const forHost = [...advertised].find(([, { host }]) => host === '127.0.0.1');
  const brokers = Object.entries(compose.services).flatMap(([name, { environment, network_mode: network }]) =>
    environment?.['KAFKA_BROKERS'] === undefined
      ? []
      : [{ name, network, address: String(environment['KAFKA_BROKERS']) }],
  );
  return [
    ...when(!forContainers, 'kafka: no listener for containers'),
    ...when(!forHost, 'kafka: no listener for this machine'),
    ...when(forContainers?.[0] === forHost?.[0], 'kafka: one listener for both'),
    ...when(forHost?.[1].port !== hostPort, 'kafka: the address for this machine is not the published one'),
    ...when(bound.get(forHost?.[0] ?? '')?.port !== innerPort, 'kafka: the published port leads to another listener'),
    ...[...advertised].flatMap(([name]) => when(!bound.has(name), `kafka: ${name} is advertised and not bound`)),
    ...[...bound.keys()].flatMap((name) =>
      when(
        !setting('KAFKA_LISTENER_SECURITY_PROTOCOL_MAP').split(',').includes(`${name}:PLAINTEXT`),
        `kafka: ${name} has no protocol`,
      ),
    ),
    ...brokers
      .filter(({ address }) => address !== `${forContainers?.[1].host}:${forContainers?.[1].port}`)
      .map(({ name, address }) => `kafka: ${name} asks ${address}`),
    ...when(setting('KAFKA_AUTO_CREATE_TOPICS_ENABLE') !== 'false', 'kafka: a misspelt topic would be created'),
    ...TOPICS.filter(
      ({ settings }) => Number(settings['max.message.bytes'] ?? 0) > Number(setting('KAFKA_MESSAGE_MAX_BYTES')),
    ).map(({ name }) => `kafka: records of ${name} may be larger than the broker accepts`),
  ];
};
