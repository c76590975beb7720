import { Injectable } from '@nestjs/common';
import { paretoParameters as binParameters } from '../bins/bins-answer.ts';
import { BinsQuery } from '../bins/bins.query.ts';
import { paretoParameters as defectParameters } from '../defects/defects-answer.ts';
import { DefectsQuery } from '../defects/defects.query.ts';
import { Problem } from '../http/problem.error.ts';
import { lotMapParameters } from '../maps/map-answer.ts';
import { MapsQuery } from '../maps/maps.query.ts';
import { spcParameters } from '../spc/spc-parameters.ts';
import { SpcQuery } from '../spc/spc.query.ts';
import { yieldParameters } from '../yield/yield-parameters.ts';
import { YieldQuery } from '../yield/yield.query.ts';
import { type ReportRequest, type ReportSection } from './report-answer.ts';

type Given = Readonly<Record<string, string | undefined>>;

/** Asks the questions of a report, each as its route does. */
@Injectable()
export class ReportSections {
  constructor(
    private readonly yields: YieldQuery,
    private readonly defects: DefectsQuery,
    private readonly bins: BinsQuery,
    private readonly maps: MapsQuery,
    private readonly charts: SpcQuery,
  ) {}

  /** One after the other: the snapshot has one connection, and a report that is already too long needs no further section. */
  async *answers(request: ReportRequest): AsyncGenerator<ReportSection, void> {
    const { lot_id, site, product, step, recipe, equipment_id, inspection_type, from, to, policy } = request;
    const inLot = { site, product, step, recipe, equipment_id, inspection_type, from, to };
    const filters = { ...inLot, lot_id };
    const group_by = request.group_by ?? (lot_id === undefined ? undefined : 'wafer');
    const by = group_by === undefined ? '' : ` by ${group_by.replace('_', ' ')}`;
    yield await section(`First-pass yield${by}`, '/v1/yield', { ...filters, kind: 'first_pass', group_by }, (given) =>
      this.yields.answer(yieldParameters.parse(given)),
    );
    yield await section(`Final yield${by}`, '/v1/yield', { ...filters, kind: 'final', policy, group_by }, (given) =>
      this.yields.answer(yieldParameters.parse(given)),
    );
    yield await section('Defects by class', '/v1/defects/pareto', { ...filters, policy, by: 'class' }, (given) =>
      this.defects.pareto(defectParameters.parse(given)),
    );
    yield await section(
      'Failing units by hard bin',
      '/v1/bins/pareto',
      { ...filters, policy, result: 'fail' },
      (given) => this.bins.pareto(binParameters.parse(given)),
    );
    if (lot_id !== undefined) {
      const route = `/v1/lots/${encodeURIComponent(lot_id)}/map`;
      const title = 'Map of the lot: fraction of wafers on which the die fails';
      yield await section(title, route, { ...inLot, policy }, (given) =>
        this.maps.lot({ lot_id }, lotMapParameters.parse(given)),
      );
    }
    for (const { chart, parameter, subgroup, limits } of request.charts) {
      const given = { ...filters, policy, chart, parameter, limits, subgroup: subgroup?.toString() };
      const title = `Control chart ${chart}${parameter === undefined ? '' : ` of ${parameter}`}`;
      yield await section(title, '/v1/spc', given, (of) => this.charts.chart(spcParameters.parse(of)));
    }
  }
}

/** What a route refuses with 400 or 404 belongs into the report, so that its absence is explained. */
async function section(
  title: string,
  route: string,
  given: Given,
  ask: (given: Record<string, string>) => Promise<object>,
): Promise<ReportSection> {
  const parameters = Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    return { title, route, parameters, answer: (await ask(parameters)) as Record<string, unknown> };
  } catch (error) {
    if (error instanceof Problem && error.status < 500) {
      return { title, route, parameters, problem: { code: error.code, detail: error.detail } };
    }
    throw error;
  }
}
