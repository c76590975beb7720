/** The dashboards of monitoring/dashboards, as far as tests read them. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** Absent in a row. */
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const FOLDER = path.join(REPOSITORY_ROOT, 'monitoring', 'dashboards');

export const readDashboards = (): readonly Dashboard[] =>
  globSync('*.json', { cwd: FOLDER })
    .sort()
    .map((file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Dashboard);

/** Every expression, with the place that shows it. Grafana fills in the interval of a rate. */
export const expressionsOf = (dashboards: readonly Dashboard[], rateInterval: string) =>
  dashboards.flatMap(({ title, panels }) =>
    panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ refId, expr }) => ({
        place: `${title} / ${panel.title} / ${refId}`,
        expr: expr.replaceAll('$__rate_interval', rateInterval),
      })),
    ),
  );
