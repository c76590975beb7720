/** The profile "observe" of Compose: what it mounts is there, and who watches finds whom it watches. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import type { Check } from './check.ts';
import { when } from './kubernetes/objects.ts';

export const watchers: Check = ({ compose, prometheus, datasources }, { variables }) => {
  const { services, configs, volumes } = compose;
  const scraped = prometheus.scrape_configs.flatMap(({ dns_sd_configs: found }) => found.flatMap(({ names }) => names));
  const mounted = (services['prometheus']?.configs ?? []).map(({ target }) => path.basename(target));
  const listensAt = (name: string): string[] => {
    const { PORT: port, MANAGEMENT_PORT: management } = services[name]?.environment ?? {};
    return [management ?? port].filter((one) => one !== undefined && one !== null).map(String);
  };
  const address = (target: string): string[] => {
    const { hostname, port } = new URL(`http://${target.replace(/^https?:\/\//, '')}`);
    const published = (services[hostname]?.ports ?? []).map((one) => one.split(':').at(-1));
    return when(!published.includes(port), `compose: nothing listens at ${target}`);
  };
  return [
    ...Object.entries(configs)
      .filter(([, { file }]) => file !== undefined && !existsSync(path.join(REPOSITORY_ROOT, file)))
      .map(([name, { file }]) => `compose: config ${name} is ${file}, which does not exist`),
    ...Object.entries(services).flatMap(([name, service]) => [
      ...(service.configs ?? [])
        .filter(({ source }) => !(source in configs))
        .map(({ source }) => `compose: ${name} mounts config ${source}, which is not there`),
      ...(service.volumes ?? [])
        .map((volume) => volume.split(':')[0] ?? '')
        .filter((source) =>
          source.startsWith('.') ? !existsSync(path.join(REPOSITORY_ROOT, source)) : !(source in volumes),
        )
        .map((source) => `compose: ${name} mounts ${source}, which is not there`),
    ]),
    ...Object.keys(variables)
      .filter((name) => name in services && !scraped.includes(name))
      .map((name) => `prometheus: does not scrape ${name}`),
    ...prometheus.scrape_configs.flatMap(({ job_name: job, honor_labels: isHonest, dns_sd_configs: found }) => [
      ...when(isHonest !== true, `prometheus: ${job} loses the labels service and instance (honor_labels)`),
      ...found.flatMap(({ names, port }) =>
        names
          .filter((name) => !listensAt(name).includes(String(port)))
          .map((name) => `prometheus: ${name} has no metrics on port ${port}`),
      ),
    ]),
    ...prometheus.rule_files
      .filter((file) => !mounted.includes(file))
      .map((file) => `prometheus: ${file} is not mounted beside its configuration`),
    ...prometheus.alerting.alertmanagers
      .flatMap(({ static_configs: found }) => found.flatMap(({ targets }) => targets))
      .flatMap(address),
    ...datasources.flatMap(address),
  ];
};
