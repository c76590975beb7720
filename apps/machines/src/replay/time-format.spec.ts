import { describe, expect, it } from '@jest/globals';
import { timeReader } from './time-format.ts';

const read = (format: string, text: string): string | undefined => timeReader(format)?.(text);

describe('time format', () => {
  it.each([
    ['DD/MM/YYYY HH:mm:ss', '19/07/2008 11:55:00', '2008-07-19T11:55:00Z'],
    ['YYYY-MM-DDTHH:mm:ss', '2008-07-19T11:55:00', '2008-07-19T11:55:00Z'],
    ['M/D/YYYY h:mm:ss A', '3/4/2026 12:05:06 AM', '2026-03-04T00:05:06Z'],
    ['M/D/YYYY h:mm:ss A', '3/4/2026 1:05:06 pm', '2026-03-04T13:05:06Z'],
    ['YYYYMMDD_HHmmss.SSS', '20260314_092653.589793', '2026-03-14T09:26:53.589793Z'],
    ['YYYY.MM.DD', '2026.03.14', '2026-03-14T00:00:00Z'],
    ['epoch-s', '1773480413.5', '2026-03-14T09:26:53.500000Z'],
    ['epoch-ms', '1773480413589', '2026-03-14T09:26:53.589000Z'],
    ['rfc3339', '2026-03-14T09:26:53+01:00', '2026-03-14T09:26:53+01:00'],
  ])('reads %s', (format, text, expected) => {
    expect(read(format, text)).toBe(expected);
  });

  it.each([
    ['DD/MM/YYYY HH:mm:ss', '30/02/2008 11:55:00'],
    ['DD/MM/YYYY HH:mm:ss', '19/13/2008 11:55:00'],
    ['DD/MM/YYYY HH:mm:ss', '19/07/2008 24:00:00'],
    ['DD/MM/YYYY HH:mm:ss', '19/07/2008 11:55:00 and more'],
    ['YYYY.MM.DD', '2026-03-14'],
    ['h:mm A DD/MM/YYYY', '13:05 PM 01/02/2026'],
    ['rfc3339', '2026-03-14T09:26:53'],
    ['epoch-s', 'yesterday'],
    ['epoch-ms', '999999999999999'],
    ['epoch-s', ''],
  ])('refuses a text that is not a time of %s', (format, text) => {
    expect(timeReader(format)).toBeDefined();
    expect(read(format, text)).toBeUndefined();
  });

  it.each(['', 'HH:mm', 'YYYY-MM', 'YYYY-MM-DD YYYY', 'YYYY-MM-DD hh:mm', 'tomorrow'])(
    'refuses the format %j, which names no calendar day or contradicts itself',
    (format) => {
      expect(timeReader(format)).toBeUndefined();
    },
  );
});
