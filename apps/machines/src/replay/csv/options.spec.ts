import { describe, expect, it } from '@jest/globals';
import { INSPECTION } from '@chip/contracts';
import { readCsvMap } from './options.ts';

describe('CSV options', () => {
  it('reads maps, constants, translated values and measured columns', () => {
    expect(
      readCsvMap({
        topic: INSPECTION.source,
        map: ['lot_id=Lot,chip_id=Serial', 'result=P/F'],
        const: ['recipe=A,B=C'],
        values: ['result:P=pass,F=fail'],
        measurement: ['cd=CD:nm', 'ratio=a:b:%', 'count=n'],
        timeFormat: 'YYYY-MM-DD',
      }),
    ).toEqual({
      topic: INSPECTION.source,
      map: { lot_id: 'Lot', chip_id: 'Serial', result: 'P/F' },
      const: { recipe: 'A,B=C' },
      values: { result: { P: 'pass', F: 'fail' } },
      time_format: 'YYYY-MM-DD',
      measurements: [
        { name: 'cd', column: 'CD', unit: 'nm' },
        { name: 'ratio', column: 'a:b', unit: '%' },
        { name: 'count', column: 'n' },
      ],
    });
  });

  it('lets options win over the map file', () => {
    const text = JSON.stringify({
      map: { host: 'a', time: 't' },
      time_format: 'epoch-s',
      measurements: [{ name: 'x', column: 'X' }],
    });
    expect(readCsvMap({ map: ['host=b'], measurement: ['y=Y'] }, { path: 'map.json', text })).toMatchObject({
      map: { host: 'b', time: 't' },
      time_format: 'epoch-s',
      measurements: [{ name: 'x' }, { name: 'y' }],
    });
  });

  it.each([
    ['{', 'map.json is not valid JSON'],
    ['{"maps":{}}', 'map.json is refused at /'],
    ['{"measurements":[{"name":"x"}]}', 'map.json is refused at /measurements/0/column'],
    ['{"topic":"other"}', 'map.json is refused at /topic'],
  ])('refuses the map file %s', (text, message) => {
    expect(() => readCsvMap({}, { path: 'map.json', text })).toThrow(message);
  });

  it.each([
    [{ map: ['host'] }, '--map "host": expected name=value'],
    [{ map: ['host=a,'] }, '--map "": expected name=value'],
    [{ const: ['=x'] }, '--const "=x": expected name=value'],
    [{ values: ['P=pass'] }, '--values "P=pass": expected field:text=value,...'],
    [{ measurement: ['cd='] }, '--measurement "cd=": expected name=value'],
    [{ topic: 'other.topic' }, 'the options are refused'],
  ])('refuses %j', (options, message) => {
    expect(() => readCsvMap(options)).toThrow(message);
  });
});
