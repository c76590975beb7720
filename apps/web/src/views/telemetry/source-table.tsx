import { type JSX } from 'preact';
import { type TelemetrySummary } from '@chip/client';
import { measured, whole } from '../../format/numbers.ts';
import { useAddress } from '../../shared/location.ts';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { MOST_SOURCES, textOf } from './sources.ts';

/** Every source of the metric with its figures; those ticked are drawn. */
export function SourceTable({
  services,
  chosen,
}: {
  services: TelemetrySummary['services'];
  chosen: readonly string[];
}): JSX.Element {
  const { change } = useAddress();
  const t = texts().telemetry;
  // Sources without a sample in this range have no row to untick, so they must not count against the limit.
  const listed = chosen.filter((name) => services.some(({ service_name }) => service_name === name));
  const toggle = (name: string): void =>
    change({ sources: textOf(listed.includes(name) ? listed.filter((one) => one !== name) : [...listed, name]) });
  return (
    <Table
      caption={t.sources}
      isBounded
      rows={services}
      keyOf={({ service_name }) => service_name}
      columns={[
        {
          title: t.source,
          isHead: true,
          cell: ({ service_name: name }) => (
            <label>
              <input
                type="checkbox"
                checked={listed.includes(name)}
                disabled={!listed.includes(name) && listed.length >= MOST_SOURCES}
                onChange={() => toggle(name)}
              />{' '}
              {name}
            </label>
          ),
        },
        { title: t.samples, isNumber: true, cell: ({ sample_count }) => whole(sample_count) },
        { title: t.mean, isNumber: true, cell: ({ avg_value }) => measured(avg_value) },
        { title: t.least, isNumber: true, cell: ({ min_value }) => measured(min_value) },
        { title: t.most, isNumber: true, cell: ({ max_value }) => measured(max_value) },
      ]}
    />
  );
}
