/**
 * The views and their addresses: one folder in `views/` for each. A new view is a line here, a text under `nav` if it belongs
 * into the menu, and its folder. Each is loaded when it is first opened.
 */
import { type FunctionComponent } from 'preact';
import { lazy } from 'preact-iso';
import { type Texts } from './texts/en.ts';

export interface View {
  /** `:name` becomes a property of the component. */
  readonly path: string;
  /** Its entry in the menu; absent for views that others lead to. */
  readonly nav?: Exclude<keyof Texts['nav'], 'label' | 'skip'>;
  readonly component: FunctionComponent;
}

export const VIEWS: readonly View[] = [
  { path: '/', nav: 'today', component: lazy(() => import('./views/today/today.tsx').then(({ Today }) => Today)) },
  { path: '/lots', nav: 'lots', component: lazy(() => import('./views/lots/lots.tsx').then(({ Lots }) => Lots)) },
  { path: '/lots/:lot', component: lazy(() => import('./views/lot/lot.tsx').then(({ LotView }) => LotView)) },
  {
    path: '/lots/:lot/wafers/:wafer',
    component: lazy(() => import('./views/wafer/wafer.tsx').then(({ Wafer }) => Wafer)),
  },
  {
    path: '/lots/:lot/wafers/:wafer/dice/:place',
    component: lazy(() => import('./views/chip/die.tsx').then(({ DieView }) => DieView)),
  },
  { path: '/lots/:lot/chips/:chip', component: lazy(() => import('./views/chip/chip.tsx').then(({ Chip }) => Chip)) },
  {
    path: '/charts',
    nav: 'charts',
    component: lazy(() => import('./views/charts/charts.tsx').then(({ Charts }) => Charts)),
  },
  {
    path: '/yield',
    nav: 'yield',
    component: lazy(() => import('./views/yield/yield.tsx').then(({ YieldView }) => YieldView)),
  },
  {
    path: '/compare',
    nav: 'compare',
    component: lazy(() => import('./views/compare/compare.tsx').then(({ Compare }) => Compare)),
  },
  {
    path: '/telemetry',
    nav: 'telemetry',
    component: lazy(() => import('./views/telemetry/telemetry.tsx').then(({ Telemetry }) => Telemetry)),
  },
  {
    path: '/reports',
    nav: 'reports',
    component: lazy(() => import('./views/reports/reports.tsx').then(({ Reports }) => Reports)),
  },
  {
    path: '/reports/:id',
    component: lazy(() => import('./views/reports/report.tsx').then(({ ReportView }) => ReportView)),
  },
  {
    path: '/pipeline',
    nav: 'pipeline',
    component: lazy(() => import('./views/pipeline/pipeline.tsx').then(({ Pipeline }) => Pipeline)),
  },
  {
    path: '/letters',
    nav: 'letters',
    component: lazy(() => import('./views/letters/letters.tsx').then(({ Letters }) => Letters)),
  },
  {
    path: '/runbooks/:code',
    component: lazy(() => import('./views/runbook/runbook.tsx').then(({ Runbook }) => Runbook)),
  },
];
