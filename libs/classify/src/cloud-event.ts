import { cloudEventIdentity } from '@chip/contracts';

/** Headers of a record. Of a repeated header the first value counts. */
export type RecordHeaders = Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;

export const headerText = (headers: RecordHeaders, name: string): string | undefined => {
  const found = headers[name];
  return (Array.isArray(found) ? (found as readonly (Buffer | string)[])[0] : found)?.toString();
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Event id of a CloudEvent in binary mode: `ce_id` if it is a UUID, else derived from `ce_source` and `ce_id`. */
export function cloudEventId(headers: RecordHeaders): string | undefined {
  const id = headerText(headers, 'ce_id');
  if (id === undefined || id === '') {
    return undefined;
  }
  return UUID.test(id) ? id.toLowerCase() : cloudEventIdentity(headerText(headers, 'ce_source') ?? '', id);
}

/** Major version that `ce_type` states (`….v2`), if any. */
export function cloudEventMajor(headers: RecordHeaders): number | undefined {
  const stated = /\.v(\d+)(?:\.\d+)*$/.exec(headerText(headers, 'ce_type') ?? '');
  return stated ? Number(stated[1]) : undefined;
}
