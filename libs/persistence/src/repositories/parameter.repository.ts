/** The catalogue of parameters as the API writes it: versions that succeed one another, and their withdrawal. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { driverError, toDatabaseError } from '../connection/database-error.ts';
import { type Parameter, ParameterEntity } from '../schema/entities/parameter.entity.ts';
import { lockUntilCommit } from './lock-until-commit.ts';

/** What a specification is of; an empty text means every product, step, recipe or site. */
export interface ParameterKey {
  readonly name: string;
  readonly product: string;
  readonly step: string;
  readonly recipe: string;
  readonly site: string;
}

/** A version of a specification, to be stored. */
export interface ParameterVersion extends ParameterKey {
  readonly valid_from: string;
  readonly unit: string | null;
  readonly lower_limit: number | null;
  readonly target: number | null;
  readonly upper_limit: number | null;
  readonly reason: string;
  readonly created_by: string;
}

export class ParameterRepository {
  constructor(private readonly em: EntityManager) {}

  /**
   * The versions of one key that are not withdrawn, oldest first. Whoever else asks for the same key waits until this
   * transaction ends, so that what is decided from them still holds when it is stored.
   */
  async versions({ name, product, step, recipe, site }: ParameterKey): Promise<Parameter[]> {
    await lockUntilCommit(this.em, ['parameters', name, product, step, recipe, site]);
    return this.em.find(
      ParameterEntity,
      { name, product, step, recipe, site, withdrawn_at: null },
      { orderBy: { valid_from: 'asc' } },
    );
  }

  /** @returns its id */
  async create(version: ParameterVersion): Promise<string> {
    const parameter = this.em.create(ParameterEntity, { ...version });
    await this.#flush(parameter);
    return parameter.id;
  }

  /** Takes a version back: it counts no more, for no time. */
  async withdraw(parameter: Parameter, by: { withdrawn_at: string; actor: string; reason: string }): Promise<void> {
    parameter.withdrawn_at = by.withdrawn_at;
    parameter.withdrawn_by = by.actor;
    parameter.withdrawal_reason = by.reason;
    await this.#flush(parameter);
  }

  async #flush(parameter: Parameter): Promise<void> {
    try {
      await this.em.persist(parameter).flush();
    } catch (error) {
      throw toDatabaseError(driverError(error));
    }
  }
}
