import type { EngineName } from '../definition/table-definition.ts';
import type { Rewriter, RewriteRequest, RewriteResult } from './rewriter.ts';

/** Gives each rewrite to the engine that it asks for. */
export class ChosenRewriter implements Rewriter {
  readonly #rewriters: Readonly<Record<EngineName, Rewriter>>;

  constructor(rewriters: Readonly<Record<EngineName, Rewriter>>) {
    this.#rewriters = rewriters;
  }

  async rewrite(request: RewriteRequest): Promise<RewriteResult> {
    return this.#rewriters[request.engine ?? 'duckdb'].rewrite(request);
  }
}
