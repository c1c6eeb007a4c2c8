import type { EngineName } from '../definition/table-definition.ts';
import type { Rewriter, RewriteRequest, RewriteResult } from './rewriter.ts';

/** Gives each rewrite to the engine that it asks for. */
export class ChosenRewriter implements Rewriter {
  readonly #make: Readonly<Record<EngineName, () => Promise<Rewriter>>>;

  /** @param make called for each rewrite: a rewriter keeps nothing between two */
  constructor(make: Readonly<Record<EngineName, () => Promise<Rewriter>>>) {
    this.#make = make;
  }

  async rewrite(request: RewriteRequest): Promise<RewriteResult> {
    const rewriter = await this.#make[request.engine ?? 'duckdb']();
    return rewriter.rewrite(request);
  }
}
