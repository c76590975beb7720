import { UnitOfWork } from '@chip/persistence/repositories';
import { Injectable } from '@nestjs/common';
import { currentRequest } from '../access/caller.ts';
import { readPage } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { PrimarySnapshots, Snapshots } from '../sql/snapshots.ts';
import { listVersions, versionById } from './catalogue.sql.ts';
import {
  type ListParameters,
  type ParameterItem,
  type ParameterPage,
  type ParameterRequest,
} from './parameter-answer.ts';
import { versionAt } from '../versions/succession.ts';
import { requireSuccession } from './succession.ts';

/** Lists the catalogue of parameters and stores new versions. */
@Injectable()
export class ParametersQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  list(parameters: ListParameters): Promise<ParameterPage> {
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listVersions(snapshot, parameters, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
  }

  async store(given: ParameterRequest): Promise<ParameterItem> {
    const id = await (given.withdraw ? this.#withdraw(given) : this.#succeed(given));
    const stored = await this.primary.read((snapshot) => versionById(snapshot, id));
    if (!stored) {
      throw new Problem(404, 'not_found', 'the version was removed right after it was stored');
    }
    return stored;
  }

  async #succeed(given: ParameterRequest): Promise<string> {
    const { caller } = currentRequest();
    const { valid_from, unit = null, lsl = null, usl = null, target = null, reason } = given;
    try {
      return await this.unitOfWork.run(async ({ parameters, audit }) => {
        const key = keyOf(given);
        const { same, before } = requireSuccession(await parameters.versions(key), given);
        if (same) {
          return same.id;
        }
        const id = await parameters.create({
          ...key,
          valid_from,
          unit,
          lower_limit: lsl,
          upper_limit: usl,
          target,
          reason,
          created_by: caller.subject,
        });
        await audit.append({
          stream: 'api',
          actor: caller.subject,
          action: 'parameter.create',
          subject: `parameter:${id}`,
          reason,
          ...(before && {
            oldValue: {
              id: before.id,
              unit: before.unit,
              lsl: before.lower_limit,
              usl: before.upper_limit,
              target: before.target,
            },
          }),
          newValue: { ...key, valid_from, unit, lsl, usl, target },
        });
        return id;
      });
    } catch (error) {
      throw this.primary.translated(error);
    }
  }

  async #withdraw(given: ParameterRequest): Promise<string> {
    const { caller } = currentRequest();
    try {
      return await this.unitOfWork.run(async ({ parameters, audit }) => {
        const version = versionAt(await parameters.versions(keyOf(given)), given);
        if (!version) {
          throw new Problem(404, 'not_found', 'no version of this parameter in force begins then', [
            { parameter: '/valid_from', message: 'is not the start of a version in force' },
          ]);
        }
        await parameters.withdraw(version, {
          withdrawn_at: new Date().toISOString(),
          actor: caller.subject,
          reason: given.reason,
        });
        await audit.append({
          stream: 'api',
          actor: caller.subject,
          action: 'parameter.withdraw',
          subject: `parameter:${version.id}`,
          reason: given.reason,
        });
        return version.id;
      });
    } catch (error) {
      throw this.primary.translated(error);
    }
  }
}

const keyOf = ({ name, product = '', step = '', recipe = '', site = '' }: ParameterRequest) => ({
  name,
  product,
  step,
  recipe,
  site,
});
