/** Changes to existing files: each finds its place in the text, or reports that the file is not as it expects. */
import { type FormatConfig, format } from 'oxfmt';

export type Edit = (text: string) => string;

/** The part of nx's Tree that generators use. */
interface Files {
  readonly root: string;
  exists(file: string): boolean;
  read(file: string, encoding: 'utf8'): string | null;
  write(file: string, content: string): void;
}

/** Inserts `line` after the last match of `place`. */
export const insertBehind =
  (place: RegExp, line: string): Edit =>
  (text) => {
    const last = [...text.matchAll(new RegExp(place.source, 'gm'))].at(-1);
    if (last === undefined) {
      throw new Error(`nothing matches ${place.source}`);
    }
    const end = last.index + last[0].length;
    return `${text.slice(0, end)}${line}${text.slice(end)}`;
  };

/** Inserts `text` before the first match of `place`. */
export const insertBefore =
  (place: RegExp, inserted: string): Edit =>
  (text) => {
    const at = text.search(new RegExp(place.source, 'm'));
    if (at === -1) {
      throw new Error(`nothing matches ${place.source}`);
    }
    return `${text.slice(0, at)}${inserted}${text.slice(at)}`;
  };

/** Adds an entry to the object or list that `declaration` begins. */
export const addEntry =
  (declaration: RegExp, entry: string): Edit =>
  (text) => {
    const begin = declaration.exec(text);
    const end = begin === null ? -1 : text.slice(begin.index).search(/^(?:\}|\]).*;$/m);
    if (begin === null || end === -1) {
      throw new Error(`nothing matches ${declaration.source}`);
    }
    const at = begin.index + end;
    return `${text.slice(0, at)}  ${entry},\n${text.slice(at)}`;
  };

/** Adds `name` to what is imported from `module`. */
export const addImport =
  (name: string, module: string): Edit =>
  (text) => {
    const found = new RegExp(`import \\{([^}]*)\\} from '${module}';`).exec(text);
    if (found === null) {
      throw new Error(`nothing is imported from ${module}`);
    }
    const names = (found[1] as string)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
    const key = (one: string): string => one.replace(/^type /, '').toLowerCase();
    const behind = names.findIndex((one) => key(one) > key(name));
    names.splice(behind === -1 ? names.length : behind, 0, name);
    return text.replace(found[0], `import { ${names.join(', ')} } from '${module}';`);
  };

/** Writes a file of the workspace, formatted like all others. @throws if a new file already exists */
export async function write(tree: Files, file: string, content: string | readonly Edit[]): Promise<void> {
  if (typeof content === 'string' && tree.exists(file)) {
    throw new Error(`${file} already exists`);
  }
  let text = content;
  if (typeof text !== 'string') {
    try {
      text = text.reduce((before, edit) => edit(before), tree.read(file, 'utf8') ?? '');
    } catch (error) {
      throw new Error(`${file} is not as the generator expects: ${(error as Error).message}`, { cause: error });
    }
  }
  tree.write(file, FORMATTED.test(file) ? await formatted(tree, file, text) : text);
}

/** What the formatter knows of the files that generators write; pages are written by hand. */
const FORMATTED = /\.(?:ts|tsx|mjs|json|ya?ml)$/;

async function formatted(tree: Files, file: string, text: string): Promise<string> {
  const { ignorePatterns: _, ...rules } = JSON.parse(tree.read('.oxfmtrc.json', 'utf8') ?? '{}') as FormatConfig & {
    ignorePatterns?: string[];
  };
  const { code, errors } = await format(file, text, rules);
  if (errors[0] !== undefined) {
    throw new Error(`${file} cannot be formatted: ${errors[0].message}`);
  }
  return code;
}
