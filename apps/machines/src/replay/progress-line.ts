const BAR_WIDTH = 30;
const REDRAW_EVERY_MS = 100;
/** Print interval where the line cannot be redrawn. */
const PRINT_EVERY_MS = 5_000;

/** Where the line goes: standard error, so that standard output holds only the result. */
export interface LineOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A progress bar that redraws itself on a terminal, and occasional plain lines elsewhere. */
export class ProgressLine {
  readonly #output: LineOutput;
  readonly #nowMs: () => number;
  #shownAtMs = -Infinity;
  #isOpen = false;

  constructor(output: LineOutput, nowMs: () => number = () => performance.now()) {
    this.#output = output;
    this.#nowMs = nowMs;
  }

  /** @param share 0 to 1. */
  show(share: number, text: string): void {
    const now = this.#nowMs();
    if (now - this.#shownAtMs < (this.#output.isTTY === true ? REDRAW_EVERY_MS : PRINT_EVERY_MS)) {
      return;
    }
    // Without a terminal, work that ends within seconds needs no line.
    const isFirst = this.#shownAtMs === -Infinity;
    this.#shownAtMs = now;
    const percent = `${Math.floor(Math.min(share, 1) * 100)
      .toString()
      .padStart(3)} %`;
    if (this.#output.isTTY !== true) {
      if (!isFirst) {
        this.#output.write(`${percent}  ${text}\n`);
      }
      return;
    }
    const filled = Math.round(Math.min(share, 1) * BAR_WIDTH);
    const line = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${percent}  ${text}`;
    this.#output.write(`\r\u001b[K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
    this.#isOpen = true;
  }

  /** Prints a separate line above the bar. */
  print(text: string): void {
    this.#output.write(`${this.#isOpen ? '\r\u001b[K' : ''}${text}\n`);
    this.#isOpen = false;
  }

  /** Clears the bar. */
  end(): void {
    if (this.#isOpen) {
      this.#output.write('\r\u001b[K');
    }
    this.#isOpen = false;
  }
}
