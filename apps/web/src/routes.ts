/**
 * The views and their addresses: one folder in `views/` for each. A new view is a line here, a text under `nav` if it belongs
 * into the menu, and its folder. Each is loaded when it is first opened.
 */
import { type FunctionComponent } from 'preact';
import { lazy } from 'preact-iso';
import { notLoaded } from './shared/states.tsx';
import { type Texts } from './texts/en.ts';

export interface View {
  /** `:name` becomes a property of the component. */
  readonly path: string;
  /** Its entry in the menu; absent for views that others lead to. */
  readonly nav?: Exclude<keyof Texts['nav'], 'label' | 'skip'>;
  readonly component: FunctionComponent;
}

/** A view that cannot be loaded says so; otherwise the previous one would stay. An upgrade of the service renames its files. */
const view = (load: () => Promise<FunctionComponent>): FunctionComponent => lazy(() => load().catch(notLoaded));

export const VIEWS: readonly View[] = [
  { path: '/', nav: 'today', component: view(() => import('./views/today/today.tsx').then(({ Today }) => Today)) },
  { path: '/lots', nav: 'lots', component: view(() => import('./views/lots/lots.tsx').then(({ Lots }) => Lots)) },
  { path: '/lots/:lot', component: view(() => import('./views/lot/lot.tsx').then(({ LotView }) => LotView)) },
  {
    path: '/lots/:lot/wafers/:wafer',
    component: view(() => import('./views/wafer/wafer.tsx').then(({ Wafer }) => Wafer)),
  },
  {
    path: '/lots/:lot/wafers/:wafer/dice/:place',
    component: view(() => import('./views/chip/die.tsx').then(({ DieView }) => DieView)),
  },
  { path: '/lots/:lot/chips/:chip', component: view(() => import('./views/chip/chip.tsx').then(({ Chip }) => Chip)) },
  {
    path: '/charts',
    nav: 'charts',
    component: view(() => import('./views/charts/charts.tsx').then(({ Charts }) => Charts)),
  },
  {
    path: '/yield',
    nav: 'yield',
    component: view(() => import('./views/yield/yield.tsx').then(({ YieldView }) => YieldView)),
  },
  {
    path: '/compare',
    nav: 'compare',
    component: view(() => import('./views/compare/compare.tsx').then(({ Compare }) => Compare)),
  },
  {
    path: '/telemetry',
    nav: 'telemetry',
    component: view(() => import('./views/telemetry/telemetry.tsx').then(({ Telemetry }) => Telemetry)),
  },
  {
    path: '/reports',
    nav: 'reports',
    component: view(() => import('./views/reports/reports.tsx').then(({ Reports }) => Reports)),
  },
  {
    path: '/reports/:id',
    component: view(() => import('./views/reports/report.tsx').then(({ ReportView }) => ReportView)),
  },
  {
    path: '/pipeline',
    nav: 'pipeline',
    component: view(() => import('./views/pipeline/pipeline.tsx').then(({ Pipeline }) => Pipeline)),
  },
  {
    path: '/letters',
    nav: 'letters',
    component: view(() => import('./views/letters/letters.tsx').then(({ Letters }) => Letters)),
  },
  {
    path: '/runbooks/:code',
    component: view(() => import('./views/runbook/runbook.tsx').then(({ Runbook }) => Runbook)),
  },
];
