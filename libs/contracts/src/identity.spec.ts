import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  cloudEventIdentity,
  IDENTITY_NAMESPACE,
  inspectionIdentity,
  lotIdentity,
  partIdentity,
  waferIdentity,
} from './identity.ts';

/** RFC 9562 section 5.5, written out a second time so that the vectors do not depend on the library. */
const uuid5 = (name: string): string => {
  const hash = createHash('sha1')
    .update(Buffer.from(IDENTITY_NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

describe('identities', () => {
  it.each([
    ['lot', lotIdentity('', 'LOT-1'), 'lot/0:/5:LOT-1'],
    ['lot of a site', lotIdentity('fab 2', 'LOT-1'), 'lot/5:fab 2/5:LOT-1'],
    ['wafer', waferIdentity('', 'LOT-1', 'W01'), 'wafer/0:/5:LOT-1/3:W01'],
    ['part', partIdentity('', 'LOT-1', 'W01-3-4'), 'part/0:/5:LOT-1/7:W01-3-4'],
    ['inspection', inspectionIdentity('', 'LOT-1', 'C', 'visual'), 'inspection/0:/5:LOT-1/1:C/6:visual'],
    ['event of a CloudEvent', cloudEventIdentity('/tools/aoi', '17'), 'event/10:/tools/aoi/2:17'],
    ['bytes, not characters, are counted', lotIdentity('', 'λ'), 'lot/0:/2:λ'],
  ])('%s is the UUID v5 of its length-prefixed name', (_, id, name) => expect(id).toBe(uuid5(name)));

  it('keeps its published vectors', () => {
    expect(lotIdentity('', 'LOT-1')).toBe('0b636ae6-00ee-5ea6-b6b6-cc2536eca2d6');
    expect(inspectionIdentity('', 'LOT-1', 'C', 'visual')).toBe('a70f3a12-3b87-54bd-bb29-2760b66127d1');
  });

  it('distinguishes names that a plain join would confuse, and does not fold case or trim blanks', () => {
    expect(partIdentity('', 'A/B', 'C')).not.toBe(partIdentity('', 'A', 'B/C'));
    expect(lotIdentity('', 'lot')).not.toBe(lotIdentity('', 'LOT'));
    expect(lotIdentity('', 'LOT ')).not.toBe(lotIdentity('', 'LOT'));
    expect(waferIdentity('', 'L', 'X')).not.toBe(partIdentity('', 'L', 'X'));
  });
});
