/** What machines report about themselves, several beside each other, and the yield of the same time. */
import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Combobox } from '../../filters/combobox.tsx';
import '../../filters/filters.css';
import { useEquipment, useMetrics } from '../../filters/names.ts';
import { NoMetric } from '../../filters/no-metric.tsx';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { RangeChoice } from '../../shared/range.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { MachineYield } from './machine-yield.tsx';
import { Series } from './series.tsx';
import { SourceTable } from './source-table.tsx';
import { MOST_SOURCES, sourcesOf } from './sources.ts';
import { useSpan, zoomed } from './span.ts';

const EVERY_S = 10;

export function Telemetry(): JSX.Element {
  const { query, change, withParameters } = useAddress();
  const span = useSpan();
  const { metrics, answer: named } = useMetrics();
  const equipment = useEquipment();
  const t = texts();
  const metric = query['metric'] ?? metrics[0];
  const host = query['host'] || undefined;
  const range = { from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() };
  const summary = useAnswer(
    metric === undefined
      ? undefined
      : question('/v1/telemetry/summary', { query: { metric_name: metric, host, ...range } }),
    EVERY_S,
  );
  const known = summary.data?.services.map(({ service_name }) => service_name) ?? [];
  const chosen = sourcesOf(query['sources']) ?? known.slice(0, MOST_SOURCES);
  return (
    <>
      <Title controls={<RangeChoice unlessChosen="7d" ends={['from', 'to']} />}>{t.telemetry.title}</Title>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Combobox
          label={t.telemetry.metric}
          value={metric ?? ''}
          options={metrics}
          onChange={(name) => change({ metric: name || undefined, sources: undefined })}
        />
        <Combobox
          label={t.telemetry.host}
          value={host ?? ''}
          options={[]}
          onChange={(name) => change({ host: name || undefined, sources: undefined })}
        />
        <Combobox
          label={t.telemetry.yieldOf}
          value={query['equipment'] ?? ''}
          options={equipment}
          onChange={(name) => change({ equipment: name || undefined })}
        />
        <span class="actions">
          <a href={withParameters(zoomed(span, 0.5))}>{t.telemetry.zoomIn}</a>
          <a href={withParameters(zoomed(span, 2))}>{t.telemetry.zoomOut}</a>
          {span.isZoomed && <a href={withParameters({ from: undefined, to: undefined })}>{t.telemetry.whole}</a>}
        </span>
      </form>
      {metric === undefined ? (
        <NoMetric title={t.telemetry.sources} named={named} />
      ) : (
        <Series metric={metric} host={host} sources={chosen} span={span} range={range} summary={summary} />
      )}
      <MachineYield machine={query['equipment']} span={span} range={range} />
      {metric !== undefined && (
        <Panel
          title={t.telemetry.sources}
          answer={summary}
          units={({ totals }) => totals.sample_count}
          isEmpty={({ services }) => services.length === 0}
          empty={t.telemetry.none}
          sheet={({ services }) => ({
            name: `telemetry-${metric}`,
            columns: ['service_name', 'sample_count', 'avg_value', 'min_value', 'max_value'],
            rows: services.map((one) => [
              one.service_name,
              one.sample_count,
              one.avg_value,
              one.min_value,
              one.max_value,
            ]),
          })}
        >
          {({ services }) => <SourceTable services={services} chosen={chosen} />}
        </Panel>
      )}
    </>
  );
}
