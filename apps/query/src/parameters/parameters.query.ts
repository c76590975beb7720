import { type Parameter, UnitOfWork } from '@chip/persistence/repositories';
import { Injectable } from '@nestjs/common';
import { readPage } from '../http/cursor.ts';
import { PrimarySnapshots, Snapshots } from '../sql/snapshots.ts';
import { storeVersion, type VersionKind } from '../versions/store-version.ts';
import { listVersions } from '../versions/versions.sql.ts';
import {
  type ListParameters,
  type ParameterItem,
  type ParameterPage,
  type ParameterRequest,
} from './parameter-answer.ts';
import { requireUnitOfKind } from './unit-succession.ts';

const TABLE = {
  name: 'parameters',
  keys: ['name', 'product', 'step', 'recipe', 'site'],
  columns: `v.name, nullif(v.product, '') AS product, nullif(v.step, '') AS step, nullif(v.recipe, '') AS recipe,
        nullif(v.site, '') AS site, v.unit, v.lower_limit AS lsl, v.upper_limit AS usl, v.target`,
};

const PARAMETER: VersionKind<Parameter, ParameterRequest> = {
  name: 'parameter',
  table: TABLE,
  repository: ({ parameters }) => parameters,
  key: ({ name, product = '', step = '', recipe = '', site = '' }) => ({ name, product, step, recipe, site }),
  values: ({ unit = null, lsl = null, usl = null, target = null }) => ({ unit, lsl, usl, target }),
  columns: { lsl: 'lower_limit', usl: 'upper_limit' },
  conflict: 'parameter_conflict',
  requireFit: requireUnitOfKind,
};

/** Lists the catalogue of parameters and stores new versions. */
@Injectable()
export class ParametersQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  list(parameters: ListParameters): Promise<ParameterPage> {
    const { name, product, step, recipe, site, in_force_at } = parameters;
    const filter = { keys: { name, product, step, recipe, site }, in_force_at };
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listVersions<ParameterItem>(snapshot, TABLE, filter, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
  }

  store(given: ParameterRequest): Promise<ParameterItem> {
    return storeVersion({ unitOfWork: this.unitOfWork, primary: this.primary }, PARAMETER, given);
  }
}
