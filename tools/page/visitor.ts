/** A person with a browser in front of the page, who notices what no test asks about: errors, other hosts, barriers. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Larger than any wait on a busy machine; a wait that ends earlier costs nothing. */
const PATIENCE_MS = 45_000;

/** The rules of axe that depend on colours; all others find the same in light and in dark ones. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** Left to itself the browser looks at every frame, and has frames made for it. */
const AT_INTERVALS = { polling: 50 };

const AS_IN_A_FAB: BrowserContextOptions = {
  viewport: { width: 1280, height: 900 },
  locale: 'en-GB',
  timezoneId: 'Europe/Berlin',
  colorScheme: 'light',
  // What moves while a panel loads is painted for every frame, and tests load hundreds of panels.
  reducedMotion: 'reduce',
};

export class Visitor {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #origin: string;
  readonly #complaints: string[] = [];

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    this.#origin = origin;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => {
      // The browser reports each refused request, which a test may have arranged.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.#complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.#complaints.push(error.message));
    context.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`) && !/^(data|blob):/.test(request.url())) {
        this.#complaints.push(`asks another host: ${request.url()}`);
      }
    });
  }

  static async enter(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ ...AS_IN_A_FAB, ...options });
    return new Visitor(context, await context.newPage(), origin);
  }

  /** Opens an address as from outside, with a document of its own, and waits until every panel shows something. */
  async load(address: string): Promise<void> {
    await this.page.goto(this.#origin + address);
    await this.settled();
  }

  /**
   * Opens an address and waits until every panel shows something of now. A page that is there leads to it as its links do,
   * over an address without a view, so that also the view that is open begins anew and asks all its questions again.
   */
  async open(address: string): Promise<void> {
    if (!this.page.url().startsWith(`${this.#origin}/`)) {
      return this.load(address);
    }
    await this.page.evaluate(
      async (addresses) => {
        for (const one of addresses) {
          history.pushState(null, '', one);
          dispatchEvent(new PopStateEvent('popstate'));
          // The page is drawn before its next task.
          await new Promise((drawn) => setTimeout(drawn));
        }
      },
      ['/nowhere', address],
    );
    await this.settled();
  }

  /** Opens an address, unless the page is there. */
  async show(address: string): Promise<void> {
    if (this.page.url() !== this.#origin + address) {
      await this.open(address);
    }
  }

  /** Draws the page in the colours that its reader's system has from now on. */
  async recolour(colorScheme: 'light' | 'dark'): Promise<void> {
    await this.page.emulateMedia({ colorScheme });
    await this.page.waitForFunction(
      (wanted) => document.documentElement.dataset['theme'] === wanted,
      colorScheme,
      AT_INTERVALS,
    );
  }

  async settled(): Promise<void> {
    await this.page.waitForFunction(
      () => document.querySelector('h1') !== null && document.querySelector('.loading, [aria-busy="true"]') === null,
      undefined,
      AT_INTERVALS,
    );
  }

  /** Looks at another tab and comes back: what is shown is asked for again. */
  async returns(): Promise<void> {
    await this.page.evaluate(() => {
      for (const state of ['hidden', 'visible']) {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));
      }
    });
  }

  /** What was said in the console, asked of other hosts, or thrown since the last call. */
  complaints(): string[] {
    return this.#complaints.splice(0);
  }

  /** Barriers of colours, in a view whose other barriers are looked for in other colours. */
  barriersOfColours(): Promise<string[]> {
    return this.barriers(OF_COLOURS);
  }

  /** Barriers that axe finds, each with the elements at fault. Unless some are named, every rule runs. */
  async barriers(rules?: readonly string[]): Promise<string[]> {
    if (!(await this.page.evaluate(() => 'axe' in window))) {
      await this.page.evaluate(AXE);
    }
    return this.page.evaluate(async (runOnly) => {
      const { axe } = window as unknown as {
        axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      // What the options leave out is a selector, and a report, of each element that passes.
      const { violations } = await axe.run({
        resultTypes: ['violations'],
        selectors: false,
        ...(runOnly && { runOnly }),
      });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    }, rules);
  }

  /** Texts of the cells of a table, row by row without its head. */
  async table(caption: string): Promise<string[][]> {
    const rows = this.page.getByRole('table', { name: caption, exact: true }).locator('tbody tr');
    return rows.evaluateAll((found) =>
      found.map((row) => [...row.querySelectorAll('th, td')].map((cell) => (cell as HTMLElement).innerText.trim())),
    );
  }

  async leave(): Promise<void> {
    await this.#context.close();
  }
}
