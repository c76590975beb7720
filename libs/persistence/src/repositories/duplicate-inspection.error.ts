import { AppError } from '@chip/service';

/** The inspection already exists: there is one per (lot, chip, inspection type). */
export class DuplicateInspectionError extends AppError {
  readonly code = 'duplicate_inspection';
  readonly retriable = false;

  /** @param inspectionId of the existing inspection */
  constructor(readonly inspectionId: string) {
    super('An inspection of this type already exists for this chip.', { context: { inspectionId } });
  }
}
