#!/usr/bin/env node
/**
 * `chip <command>`: every command of the product under one name. In a checkout it builds the command and runs it on the
 * running stack, like the npm script of the same name; in an image it runs the command that the image contains.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The application of each command. */
const projects = {
  topics: 'operator',
  db: 'operator',
  positions: 'operator',
  dlq: 'operator',
  keys: 'operator',
  validate: 'machines',
  replay: 'machines',
};
const help = `Usage: chip <command> [arguments]

  topics       create, check and grow the topics
  db           migrate, inspect and maintain the database
  positions    show stream positions, resume a stopped partition
  dlq          list, show and replay dead letters
  keys         create, list, revoke and rotate API keys
  validate     judge events in a file as ingest would
  replay       publish a real data set

For details: "chip <command> --help". The stack itself: npm start, npm stop, npm test.`;

const name = process.argv[2] ?? '--help';
const bootstrap = new URL('./bootstrap.mjs', import.meta.url);
const built = path.resolve('dist', `${name}.js`);
if (['--help', '-h', 'help'].includes(name)) {
  console.log(help);
} else if (!Object.hasOwn(projects, name)) {
  console.error(`chip: "${name}" is not a command\n\n${help}`);
  process.exitCode = 2;
} else if (existsSync(fileURLToPath(bootstrap))) {
  process.argv.splice(2, 1, 'run', projects[name], name);
  await import(bootstrap.href);
} else if (existsSync(built)) {
  process.argv.splice(1, 2, built);
  await import(pathToFileURL(built).href);
} else {
  console.error(`chip: "${name}" is not in this image; it is in the image of ${projects[name]}`);
  process.exitCode = 2;
}
