import type { FileLink } from '../../plans/publication.ts';

/** Links remembered by one publisher: a day of hourly partitions that each gained a file a second. */
export const MAX_LINKS_REMEMBERED = 100_000;

/**
 * Links that this process has made, so that an append to a directory of thousands costs one. Only to save work: what it
 * has forgotten, or never knew, is linked again, which changes nothing.
 */
export class LinkMemory {
  readonly #maxLinks: number;
  readonly #targets = new Set<string>();

  constructor(maxLinks: number = MAX_LINKS_REMEMBERED) {
    this.#maxLinks = maxLinks;
  }

  get size(): number {
    return this.#targets.size;
  }

  has(link: FileLink): boolean {
    return this.#targets.has(link.to);
  }

  /** Past the limit the oldest are forgotten. */
  add(link: FileLink): void {
    this.#targets.add(link.to);
    if (this.#targets.size <= this.#maxLinks) return;
    const [oldest] = this.#targets;
    if (oldest !== undefined) this.#targets.delete(oldest);
  }

  clear(): void {
    this.#targets.clear();
  }
}
