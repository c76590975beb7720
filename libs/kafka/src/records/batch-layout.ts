/** Where things are in a record batch: https://kafka.apache.org/documentation/#recordbatch */

/** Offset and length; the length counts what follows them. */
export const LENGTH_END = 12;
/** The checksum (CRC-32C) covers everything after it, compressed as it is. First come the attributes. */
export const CHECKSUM_END = 21;
export const HEADER_BYTES = 61;
