import { MAX_FINDINGS_LISTED } from './audit-report.ts';
import type { Finding, FindingKind } from './finding.ts';

/** Findings in the making: all are counted, and the first of each kind kept. */
export class FindingList {
  #kept: Finding[] = [];
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

  /** Takes back, and returns, those kept that are mended. What is only counted stays counted. */
  withdraw(isMended: (found: Finding) => boolean): Finding[] {
    const mended = this.#kept.filter(isMended);
    this.#kept = this.#kept.filter((found) => !isMended(found));
    for (const { kind } of mended) {
      const left = (this.#counts.get(kind) ?? 0) - 1;
      if (left > 0) this.#counts.set(kind, left);
      else this.#counts.delete(kind);
    }
    return mended;
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  get counts(): Partial<Record<FindingKind, number>> {
    return Object.fromEntries(this.#counts);
  }
}
