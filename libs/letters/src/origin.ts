/** Larger values are not parsed for it. */
const MAX_PARSED_BYTES = 64 * 1024;
const MAX_CHARACTERS = 100;

/** The machine that sent an event, as the event says: service of a sample, equipment of an inspection. */
export function originOf(value: Buffer | null): string | undefined {
  if (value === null || value.length > MAX_PARSED_BYTES || value[0] !== 0x7b) {
    return undefined;
  }
  try {
    const { service_name, equipment_id } = JSON.parse(value.toString()) as Record<string, unknown>;
    const origin = service_name ?? equipment_id;
    return typeof origin === 'string' ? origin.slice(0, MAX_CHARACTERS) : undefined;
  } catch {
    // Malformed JSON, the cause of many letters.
    return undefined;
  }
}
