import { createHash } from 'node:crypto';
import { type ParetoAnswer as BinPareto } from '../bins/bins-answer.ts';
import { type ParetoAnswer as DefectPareto } from '../defects/defects-answer.ts';
import { type LotMapAnswer } from '../maps/map-answer.ts';
import { type SpcAnswer } from '../spc/spc-answer.ts';
import { type YieldAnswer } from '../yield/yield-parameters.ts';
import { Html, html } from './html.ts';
import { type ReportAnswer, type ReportSection } from './report-answer.ts';
import { chartPicture, mapPicture, paretoPicture } from './report-pictures.ts';

const STYLE = `
body { font: 14px/1.4 system-ui, sans-serif; color: #222; max-width: 760px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin: 1.6em 0 .4em; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .15em .6em .15em 0; border-bottom: 1px solid #ddd; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.about, footer { color: #555; font-size: .85em; overflow-wrap: anywhere; } .problem, .warning { color: #a02010; }
svg { width: 100%; height: auto; } svg.map { max-width: 420px; display: block; }
section { break-inside: avoid; } @media print { body { margin: 0; max-width: none; } }
`;
/** Allows this style and nothing else: no script, no picture, no other host. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** Rows of a table that a page shows; the JSON has all of them. */
const MAX_ROWS = 200;

/** The report as one page to print, without scripts and without anything from elsewhere. */
export function reportHtml(report: ReportAnswer): string {
  const { name, id, created_at, created_by, sha256, intact, as_of, result } = report;
  const positions = as_of.positions.map(({ topic, partition, next_offset }) => `${topic}/${partition}: ${next_offset}`);
  const filters = Object.entries(report.parameters).filter(([key]) => key !== 'name' && key !== 'charts');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${name}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <h1>${name}</h1>
        <p class="about">
          ${created_at} by ${created_by}. ${filters.map(([key, value]) => html`${key} = ${String(value)}; `)}
        </p>
        ${intact ? html`` : html`<p class="problem">The stored text no longer has the SHA-256 below: it was changed.</p>`}
        ${result.sections.map(sectionHtml)}
        <footer>
          <p>Report ${id}. SHA-256 of its result: ${sha256}.</p>
          <p>As of ${as_of.time ?? 'no event'}; next offsets ${positions.join(', ') || 'none'}.</p>
        </footer>
      </body>
    </html> `;
  return page.text;
}

function sectionHtml(section: ReportSection): Html {
  const { title, route, answer, problem } = section;
  if (answer === undefined) {
    return html`<section>
      <h2>${title}</h2>
      <p class="problem">${problem?.code ?? ''}: ${problem?.detail ?? ''}</p>
    </section>`;
  }
  const { definition, definition_id, warning } = answer as unknown as YieldAnswer;
  return html`<section>
    <h2>${title}</h2>
    ${warning === undefined ? html`` : html`<p class="warning">${warning}</p>`} ${bodyOf(route, answer)}
    <p class="about">${definition} (${definition_id})</p>
  </section> `;
}

function bodyOf(route: string, answer: unknown): Html {
  switch (route) {
    case '/v1/yield':
      return yieldTable(answer as YieldAnswer);
    case '/v1/defects/pareto': {
      const { groups } = answer as DefectPareto;
      return html`${paretoPicture(groups)}${table(
        ['class', 'defects', 'share', 'cumulative'],
        groups.map(({ key, count, share, cumulative_share }) => [
          key ?? 'none stated',
          count,
          percent(share),
          percent(cumulative_share),
        ]),
      )}`;
    }
    case '/v1/bins/pareto': {
      const { groups } = answer as BinPareto;
      return html`${paretoPicture(groups)}${table(
        ['hard bin', 'units', 'share', 'cumulative'],
        groups.map(({ key, count, share, cumulative_share }) => [
          String(key),
          count,
          percent(share),
          percent(cumulative_share),
        ]),
      )}`;
    }
    case '/v1/spc': {
      const chart = answer as SpcAnswer;
      const { violations } = chart.location;
      return html`${chartPicture(chart)}${table(
        ['sample', 'rule'],
        violations.map(({ index, rule }) => [chart.samples[index]?.key ?? String(index), rule]),
      )}`;
    }
    default:
      return mapPicture(answer as LotMapAnswer);
  }
}

function yieldTable({ groups, totals }: YieldAnswer): Html {
  const rows = [...groups.map((group) => ({ ...group, key: group.key ?? 'none stated' })), { ...totals, key: 'total' }];
  return table(
    ['', 'units', 'passed', 'failed', 'yield'],
    rows.map(({ key, units, passed, failed, yield: fraction }) => [
      key,
      units,
      passed,
      failed,
      fraction === null ? 'none' : percent(fraction),
    ]),
  );
}

/** The first column is text, the others are numbers. The last row always shows: it may be the total. */
function table(names: readonly string[], rows: readonly (readonly (string | number)[])[]): Html {
  const cut = rows.length > MAX_ROWS ? [...rows.slice(0, MAX_ROWS - 1), ...rows.slice(-1)] : rows;
  const cell = (value: string | number, i: number): Html =>
    i === 0 ? html`<td>${value}</td>` : html`<td class="n">${value}</td>`;
  const heads = names.map((name, i) => (i === 0 ? html`<th>${name}</th>` : html`<th class="n">${name}</th>`));
  const left = rows.length - cut.length;
  return html`<table>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${cut.map(
          (row) =>
            html`<tr>
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
    ${left > 0 ? html`<p class="about">${left} more rows are in the JSON of the report.</p>` : html``}`;
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;
