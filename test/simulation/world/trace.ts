interface Line {
  readonly step: number;
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly outcome: string | undefined;
  readonly quiet: boolean;
}

/** What happened, step by step. */
export class Trace {
  readonly #time: { readonly nowMs: number; readonly stepCount: number };
  readonly #startMs: number;
  readonly #lines: Line[] = [];

  constructor(time: { readonly nowMs: number; readonly stepCount: number }) {
    this.#time = time;
    this.#startMs = time.nowMs;
  }

  add(who: string, what: string, outcome?: string, quiet = false): void {
    this.#lines.push({ step: this.#time.stepCount, atMs: this.#time.nowMs, who, what, outcome, quiet });
  }

  /** One line a step; calls that only read are left out of a short trace, and all but the last lines. */
  text({ full = false, lastLines = 60 }: { readonly full?: boolean; readonly lastLines?: number } = {}): string {
    const shown = full ? this.#lines : this.#lines.filter((line) => !line.quiet);
    const kept = full ? shown : shown.slice(-lastLines);
    const left = shown.length - kept.length;
    const lines = kept.map(({ step, atMs, who, what, outcome }) => {
      const seconds = ((atMs - this.#startMs) / 1000).toFixed(2);
      const result = outcome === undefined ? '' : ` → ${outcome}`;
      return `${String(step).padStart(5)} ${seconds.padStart(9)} s  ${who.padEnd(12)} ${shortened(what)}${shortened(result)}`;
    });
    return [...(left > 0 ? [`      (${left} earlier lines)`] : []), ...lines].join('\n');
  }
}

/** Numbers without their leading zeros: entry 5, not 00000000000000000005. */
function shortened(text: string): string {
  return text.replaceAll(/0{5,}(?=\d)/g, '');
}
