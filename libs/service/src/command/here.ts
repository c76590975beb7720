import path from 'node:path';

/** npm runs scripts in the folder of the package; paths are relative to the user's folder. */
export function here(file: string): string {
  return path.resolve(process.env['INIT_CWD'] ?? process.cwd(), file);
}
