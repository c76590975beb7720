/** The table of configuration variables in the documentation, generated from the schemas. */
import type { Variable } from '../service-schemas.ts';

const BEGIN = '<!-- variables: made from the configuration schemas -->\n';
const END = '<!-- end of variables -->';

export function variablesTable(variables: Readonly<Record<string, readonly Variable[]>>): string {
  const all = Object.keys(variables);
  const names = [...new Set(all.flatMap((service) => variables[service]?.map(({ name }) => name) ?? []))];
  const rows = names.flatMap((name) => {
    const services = new Map<string, string[]>();
    for (const service of all) {
      const variable = variables[service]?.find((candidate) => candidate.name === name);
      if (!variable) {
        continue;
      }
      // The same name may have a different meaning in each service.
      const meaning = `${shownDefault(variable)} | ${variable.description}`;
      services.set(meaning, [...(services.get(meaning) ?? []), service]);
    }
    return [...services].map(
      ([meaning, who]) => `| \`${name}\` | ${who.length === all.length ? 'all' : who.join(', ')} | ${meaning} |`,
    );
  });
  return ['| Variable | Service | Default | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function shownDefault({ name, required, default: value }: Variable): string {
  if (required) {
    return '**required**';
  }
  // The default is the host's name, different on every machine.
  if (name === 'INSTANCE') {
    return 'host name';
  }
  if (value === undefined) {
    return 'none';
  }
  // A default that is converted to an object is shown as it is written: name=value,name=value.
  const text =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
          .map((pair) => pair.join('='))
          .join()
      : String(value);
  return `\`${text}\``;
}

/** Puts the table between its two marks. */
export function insertTable(document: string, table: string): string {
  const from = document.indexOf(BEGIN) + BEGIN.length;
  const to = document.indexOf(END);
  if (from < BEGIN.length || to < from) {
    throw new Error('the marks of the table of variables are missing');
  }
  return document.slice(0, from) + table + document.slice(to);
}
