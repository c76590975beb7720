/** Notes on charts as the API writes them: stored once, and at most withdrawn. */
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { driverError, toDatabaseError } from '../connection/database-error.ts';
import { type Annotation, AnnotationEntity } from '../schema/entities/annotation.entity.ts';

/** A note to be stored; an empty text = not limited to a product, step and so on. */
export type NewAnnotation = Pick<
  Annotation,
  'parameter' | 'product' | 'step' | 'site' | 'equipment_id' | 'begins_at' | 'note' | 'author'
> & { readonly ends_at: string | null };

export class AnnotationRepository {
  constructor(private readonly em: EntityManager) {}

  /** @returns its id */
  async create(annotation: NewAnnotation): Promise<string> {
    const created = this.em.create(AnnotationEntity, annotation);
    await this.#flush(created);
    return created.id;
  }

  /** @returns whether the note counted until now; false changes nothing */
  async withdraw(id: string, by: { withdrawn_at: string; actor: string; reason: string }): Promise<boolean> {
    // Two who withdraw at once: the second waits, and finds it done.
    const found = await this.em.findOne(
      AnnotationEntity,
      { id, withdrawn_at: null },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!found) {
      return false;
    }
    found.withdrawn_at = by.withdrawn_at;
    found.withdrawn_by = by.actor;
    found.withdrawal_reason = by.reason;
    await this.#flush(found);
    return true;
  }

  async #flush(annotation: Annotation): Promise<void> {
    try {
      await this.em.persist(annotation).flush();
    } catch (error) {
      throw toDatabaseError(driverError(error));
    }
  }
}
