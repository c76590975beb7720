/** The options of `npm run drill`. */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { StackError } from '../../devstack/terminal/stack-error.ts';
import { wholeNumber } from '../../devstack/terminal/whole-number.ts';
import type { Options } from '../scenes/scene.ts';

const STORES = ['folder', 's3'];
const SEE_HELP = 'see "npm run drill -- --help"';

/** @param scenes names to choose from */
export function parseOptions(argv: readonly string[], scenes: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        times: { type: 'string', default: '1' },
        seed: { type: 'string' },
        rate: { type: 'string', default: '800' },
        window: { type: 'string', default: '30' },
        store: { type: 'string', default: 'folder' },
        'blocks-expired': { type: 'boolean', default: false },
        from: { type: 'string', default: '052d6b6' },
      },
    });
    const [scene = '', ...more] = positionals;
    if (more.length > 0 || !scenes.includes(scene)) {
      throw new TypeError(`name one drill: ${scenes.join(', ')}`);
    }
    if (!STORES.includes(values.store)) {
      throw new TypeError(`--store must be ${STORES.join(' or ')}, not "${values.store}"`);
    }
    return {
      scene,
      times: wholeNumber('--times', values.times, 1, 100),
      seed: values.seed ?? randomBytes(4).toString('hex'),
      rate: wholeNumber('--rate', values.rate, 1, 100_000),
      windowDays: wholeNumber('--window', values.window, 1, 3_650),
      isInS3: values.store === 's3',
      isShortOfBlocks: values['blocks-expired'],
      from: values.from,
    };
  } catch (error) {
    throw new StackError((error as Error).message, SEE_HELP, { cause: error });
  }
}
