/** One report as it was stored, laid out for A4. */
import { type JSX } from 'preact';
import { useRoute } from 'preact-iso';
import { type Report } from '@chip/client';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Time } from '../../format/time.tsx';
import { Panel } from '../../shared/panel.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { Section } from './section.tsx';

/** A report never changes. */
const ONCE_S = 3_600;

export function ReportView(): JSX.Element {
  const id = useRoute().params['id'] ?? '';
  const answer = useAnswer(question('/v1/reports/{id}', { path: { id } }), ONCE_S);
  const t = texts();
  return (
    <>
      <Title
        controls={
          <button type="button" class="controls" onClick={() => window.print()}>
            {t.reports.print}
          </button>
        }
      >
        {answer.data?.name ?? t.reports.one}
      </Title>
      <Panel title={t.reports.one} answer={answer}>
        {(report) => <Head report={report} />}
      </Panel>
      {answer.data?.result.sections.map((section, place) => (
        <Section key={place} section={section} />
      ))}
    </>
  );
}

function Head({ report }: { report: Report }): JSX.Element {
  const t = texts();
  const asked = Object.entries(report.parameters).filter(([, value]) => typeof value === 'string');
  return (
    <dl class="facts">
      <dt>{t.explain.asOf}</dt>
      <dd>{report.as_of.time === null ? t.explain.noEvents : <Time at={report.as_of.time} />}</dd>
      <dt>{t.reports.by}</dt>
      <dd>
        {report.created_by}, <Time at={report.created_at} />
      </dd>
      <dt>SHA-256</dt>
      <dd>
        <code>{report.sha256}</code>{' '}
        {report.intact ? (
          <span class="good">● {t.reports.intact}</span>
        ) : (
          <strong class="bad">▲ {t.reports.changed}</strong>
        )}
      </dd>
      {asked.map(([name, value]) => (
        <>
          <dt key={name}>
            <code>{name}</code>
          </dt>
          <dd>{String(value)}</dd>
        </>
      ))}
    </dl>
  );
}
