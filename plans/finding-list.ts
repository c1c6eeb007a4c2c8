import { MAX_FINDINGS_LISTED } from './audit-report.ts';
import type { Finding, FindingKind } from './finding.ts';

/** Findings in the making: all are counted, and the first of each kind kept. */
export class FindingList {
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<FindingKind, number>();
  readonly #maxKept: number;

  constructor(maxKeptOfAKind = MAX_FINDINGS_LISTED) {
    this.#maxKept = maxKeptOfAKind;
  }

  add(...findings: readonly Finding[]): void {
    for (const found of findings) {
      const count = (this.#counts.get(found.kind) ?? 0) + 1;
      this.#counts.set(found.kind, count);
      if (count <= this.#maxKept) this.#kept.push(found);
    }
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  get counts(): Partial<Record<FindingKind, number>> {
    return Object.fromEntries(this.#counts);
  }
}
