/**
 * Circles of imports between files, and between folders: one that uses another would be used by it, an arrow back up. Imports
 * of types count.
 */
import path from 'node:path';

/** Of each file or folder, those that it uses. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

const TEST = /(^|\/)test\/|\.(int-)?spec\.ts$/;
/** As the formatter writes them: a statement on lines of its own, or a call. */
const IMPORTS = [/^(?:import|export) (?:[^;']* from )?'([^']+)'/gm, /\bimport\('([^']+)'\)/g];

function targetOf(file: string, specifier: string): string {
  const [, library, part = ''] = /^@chip\/([^/]+)\/?(.*)$/.exec(specifier) ?? [];
  return library === undefined
    ? path.join(path.dirname(file), specifier)
    : path.join('libs', library, 'src', part, 'index.ts');
}

/** Tests sit beside what they test and share helpers, and are nobody's floor. */
export const withoutTests = (texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...texts].filter(([file]) => !TEST.test(file)));

/** What each file imports of `texts`: the text of each source, by its path. */
export function importsOf(texts: ReadonlyMap<string, string>): Graph {
  return new Map(
    [...texts].map(([file, text]) => {
      const specifiers = IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] as string));
      const targets = specifiers.map((specifier) => targetOf(file, specifier));
      return [file, new Set(targets.filter((target) => texts.has(target)))];
    }),
  );
}

/** What the files of each folder, and of those in it, use outside of it. */
export function foldersOf(imports: Graph): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    for (let folder = path.dirname(file); folder !== '.'; folder = path.dirname(folder)) {
      const used = graph.get(folder) ?? new Set();
      graph.set(folder, used);
      for (const target of targets) {
        if (!target.startsWith(`${folder}/`)) {
          used.add(path.dirname(target));
        }
      }
    }
  }
  return graph;
}

/** Circles that meet are one: each is the sorted list of its members. */
export function circlesOf(graph: Graph): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const waiting: string[] = [];
  const isWaiting = new Set<string>();
  /** Tarjan's algorithm. @returns the earliest member that can be reached, by its place in the order of visits */
  const visit = (member: string): number => {
    const own = order.size;
    let earliest = own;
    order.set(member, own);
    waiting.push(member);
    isWaiting.add(member);
    for (const used of graph.get(member) ?? []) {
      const place = order.get(used);
      if (place === undefined) {
        earliest = Math.min(earliest, visit(used));
      } else if (isWaiting.has(used)) {
        earliest = Math.min(earliest, place);
      }
    }
    if (earliest === own) {
      const circle = waiting.splice(waiting.indexOf(member));
      circle.forEach((one) => isWaiting.delete(one));
      if (circle.length > 1 || graph.get(member)?.has(member)) {
        circles.push(circle.sort());
      }
    }
    return earliest;
  };
  for (const member of graph.keys()) {
    if (!order.has(member)) {
      visit(member);
    }
  }
  return circles;
}
