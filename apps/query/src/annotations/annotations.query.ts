import { type Repositories, UnitOfWork } from '@chip/persistence/repositories';
import { Injectable } from '@nestjs/common';
import { currentRequest } from '../access/caller.ts';
import { requireOwn } from '../access/require-own.ts';
import { readPage } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { PrimarySnapshots, Snapshots } from '../sql/snapshots.ts';
import {
  type AnnotationItem,
  type AnnotationPage,
  type AnnotationRequest,
  type ListParameters,
  type WithdrawalRequest,
} from './annotation-answer.ts';
import { annotationById, listAnnotations } from './annotations.sql.ts';

/** Lists notes on charts, stores them, and takes wrong ones back. */
@Injectable()
export class AnnotationsQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  list(parameters: ListParameters): Promise<AnnotationPage> {
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listAnnotations(snapshot, parameters, after, limit),
        ({ begins_at, id }) => ({ time: begins_at, id }),
      ),
    );
  }

  one(id: string): Promise<AnnotationItem> {
    return this.#read(this.snapshots, id);
  }

  async create(request: AnnotationRequest): Promise<AnnotationItem> {
    requireOwn(request);
    const { parameter = '', product = '', step = '', site = '', equipment_id = '' } = request;
    const { begins_at, ends_at = null, note } = request;
    const said = { parameter, product, step, site, equipment_id, begins_at, ends_at, note };
    const id = await this.#write(async ({ annotations, audit }, actor) => {
      const created = await annotations.create({ ...said, author: actor });
      await audit.append({
        stream: 'api',
        actor,
        action: 'annotation.create',
        subject: `annotation:${created}`,
        reason: note,
        newValue: said,
      });
      return created;
    });
    return this.#read(this.primary, id);
  }

  /** Withdrawing what is withdrawn already changes nothing. */
  async withdraw(id: string, { reason }: WithdrawalRequest): Promise<AnnotationItem> {
    const { site, product } = await this.#read(this.primary, id);
    requireOwn({ site: site ?? undefined, product: product ?? undefined });
    await this.#write(async ({ annotations, audit }, actor) => {
      if (await annotations.withdraw(id, { withdrawn_at: new Date().toISOString(), actor, reason })) {
        await audit.append({
          stream: 'api',
          actor,
          action: 'annotation.withdraw',
          subject: `annotation:${id}`,
          reason,
        });
      }
    });
    return this.#read(this.primary, id);
  }

  async #read(from: Snapshots, id: string): Promise<AnnotationItem> {
    const found = await from.read((snapshot) => annotationById(snapshot, id));
    if (!found) {
      throw new Problem(404, 'not_found', 'there is no annotation with this id');
    }
    return found;
  }

  #write<T>(work: (repositories: Repositories, actor: string) => Promise<T>): Promise<T> {
    const actor = currentRequest().caller.subject;
    return this.primary.write(() => this.unitOfWork.run((repositories) => work(repositories, actor)));
  }
}
