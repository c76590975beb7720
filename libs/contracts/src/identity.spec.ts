import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  cloudEventIdentity,
  IDENTITY_NAMESPACE,
  identityVersion,
  inspectionIdentity,
  lotIdentity,
  partIdentity,
  waferIdentity,
} from './identity.ts';

const sha1 = (name: string): Buffer =>
  createHash('sha1')
    .update(Buffer.from(IDENTITY_NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);

const asUuid = (bytes: Buffer, version: number): string => {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** RFC 9562 section 5.5, written out a second time so that the vectors do not depend on the code under test. */
const uuid5 = (name: string): string => asUuid(sha1(name), 5);
/** RFC 9562 section 5.8: what the bits mean is ours. */
const uuid8 = (lot: string, name: string): string =>
  asUuid(Buffer.concat([sha1(lot).subarray(0, 6), sha1(name).subarray(6)]), 8);

describe('identities', () => {
  const lot = 'lot/0:/5:LOT-1';

  it.each([
    ['lot', lotIdentity('', 'LOT-1'), lot, lot],
    ['lot of a site', lotIdentity('fab 2', 'LOT-1'), 'lot/5:fab 2/5:LOT-1', 'lot/5:fab 2/5:LOT-1'],
    ['wafer', waferIdentity('', 'LOT-1', 'W01'), lot, 'wafer/0:/5:LOT-1/3:W01'],
    ['part', partIdentity('', 'LOT-1', 'W01-3-4'), lot, 'part/0:/5:LOT-1/7:W01-3-4'],
    ['inspection', inspectionIdentity('', 'LOT-1', 'C', 'visual'), lot, 'inspection/0:/5:LOT-1/1:C/6:visual'],
    ['bytes, not characters, are counted', lotIdentity('', 'λ'), 'lot/0:/2:λ', 'lot/0:/2:λ'],
  ])('%s: 48 bits of its lot, then its own', (_, id, ofLot, name) => expect(id).toBe(uuid8(ofLot, name)));

  it.each([
    ['lot', lotIdentity('', 'LOT-1', '5'), lot],
    ['wafer', waferIdentity('', 'LOT-1', 'W01', '5'), 'wafer/0:/5:LOT-1/3:W01'],
    ['part', partIdentity('', 'LOT-1', 'C', '5'), 'part/0:/5:LOT-1/1:C'],
    ['inspection', inspectionIdentity('', 'LOT-1', 'C', 'visual', '5'), 'inspection/0:/5:LOT-1/1:C/6:visual'],
    ['event of a CloudEvent', cloudEventIdentity('/tools/aoi', '17'), 'event/10:/tools/aoi/2:17'],
    ['event with a long id', cloudEventIdentity('/a', 'λ'.repeat(2000)), `event/2:/a/4000:${'λ'.repeat(2000)}`],
  ])('%s of a lot from before is the UUID v5 of its name', (_, id, name) => expect(id).toBe(uuid5(name)));

  it('keeps its published vectors', () => {
    expect(lotIdentity('', 'LOT-1')).toBe('0b636ae6-00ee-8ea6-b6b6-cc2536eca2d6');
    expect(inspectionIdentity('', 'LOT-1', 'C', 'visual')).toBe('0b636ae6-00ee-84bd-bb29-2760b66127d1');
    expect(lotIdentity('', 'LOT-1', '5')).toBe('0b636ae6-00ee-5ea6-b6b6-cc2536eca2d6');
    expect(inspectionIdentity('', 'LOT-1', 'C', 'visual', '5')).toBe('a70f3a12-3b87-54bd-bb29-2760b66127d1');
  });

  it('distinguishes names that a plain join would confuse, and does not fold case or trim blanks', () => {
    expect(partIdentity('', 'A/B', 'C')).not.toBe(partIdentity('', 'A', 'B/C'));
    expect(lotIdentity('', 'lot')).not.toBe(lotIdentity('', 'LOT'));
    expect(lotIdentity('', 'LOT ')).not.toBe(lotIdentity('', 'LOT'));
    expect(waferIdentity('', 'L', 'X')).not.toBe(partIdentity('', 'L', 'X'));
  });

  it('does not depend on which lot was asked for before', () => {
    const names = fc.record({
      site: fc.constantFrom('', 'a', 'b'),
      lot: fc.constantFrom('', 'a', 'b'),
      chip: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(names), (asked) => {
        for (const { site, lot: lotId, chip } of asked) {
          const name = `lot/${site.length}:${site}/${lotId.length}:${lotId}`;
          expect(lotIdentity(site, lotId)).toBe(uuid8(name, name));
          expect(partIdentity(site, lotId, chip).slice(0, 13)).toBe(lotIdentity(site, lotId).slice(0, 13));
        }
      }),
    );
  });

  it('tells from the id of a lot how those of its units are made', () => {
    expect(identityVersion(lotIdentity('', 'LOT-1'))).toBe('8');
    expect(identityVersion(lotIdentity('', 'LOT-1', '5'))).toBe('5');
    // Stored by a person, with an id of another kind: its units get the present one.
    expect(identityVersion('00000000-0000-4000-8000-000000000000')).toBe('8');
  });
});
