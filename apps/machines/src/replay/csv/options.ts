import { csvMapSchema, type CsvMap } from './mapping.ts';
import { InputError } from '@chip/service';

/** The options of `replay csv` that define the meaning of columns, as typed. */
export interface CsvOptionTexts {
  readonly topic?: string;
  /** `field=column,...` */
  readonly map?: readonly string[];
  /** `field=value` */
  readonly const?: readonly string[];
  /** `field:text=value,...` */
  readonly values?: readonly string[];
  /** `name=column` or `name=column:unit` */
  readonly measurement?: readonly string[];
  readonly timeFormat?: string;
}

/**
 * Combines the map file (JSON text, if any) with the options, which take precedence.
 * @throws InputError naming what is malformed
 */
export function readCsvMap(options: CsvOptionTexts, mapFile?: { path: string; text: string }): CsvMap {
  const file = mapFile === undefined ? csvMapSchema.parse({}) : parseMapFile(mapFile);
  const map = Object.fromEntries(
    (options.map ?? []).flatMap((text) => text.split(',')).map((text) => pair(text, '--map')),
  );
  const constants = Object.fromEntries((options.const ?? []).map((text) => pair(text, '--const')));
  const values = (options.values ?? []).map((text) => {
    const colon = text.indexOf(':');
    if (colon <= 0) {
      throw new InputError(`--values "${text}": expected field:text=value,...`);
    }
    const pairs = text.slice(colon + 1).split(',');
    return [text.slice(0, colon), Object.fromEntries(pairs.map((one) => pair(one, '--values')))] as const;
  });
  const measurements = (options.measurement ?? []).map((text) => {
    const [name, columnAndUnit] = pair(text, '--measurement');
    const colon = columnAndUnit.lastIndexOf(':');
    return colon <= 0
      ? { name, column: columnAndUnit }
      : { name, column: columnAndUnit.slice(0, colon), unit: columnAndUnit.slice(colon + 1) };
  });
  const merged = csvMapSchema.safeParse({
    ...file,
    ...(options.topic === undefined ? {} : { topic: options.topic }),
    ...(options.timeFormat === undefined ? {} : { time_format: options.timeFormat }),
    map: { ...file.map, ...map },
    const: { ...file.const, ...constants },
    values: { ...file.values, ...Object.fromEntries(values) },
    measurements: [...file.measurements, ...measurements],
  });
  if (!merged.success) {
    throw new InputError(`the options are refused: ${merged.error.issues[0]?.message ?? ''}`);
  }
  return merged.data;
}

function parseMapFile({ path, text }: { path: string; text: string }): CsvMap {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${path} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = csvMapSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`${path} is refused at /${issue?.path.join('/') ?? ''}: ${issue?.message ?? ''}`);
  }
  return parsed.data;
}

function pair(text: string, option: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) {
    throw new InputError(`${option} "${text}": expected name=value`);
  }
  return [text.slice(0, equals).trim(), text.slice(equals + 1)];
}
