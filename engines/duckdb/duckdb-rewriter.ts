import type { DuckDbSession } from '../../duckdb/session.ts';
import type { Rewriter, RewriteRequest, RewriteResult } from '../rewriter.ts';
import { contentsOf, rowsOf, writeSorted } from './partition-rows.ts';
import { inRewriteSession, requireSameContents } from './rewrite-session.ts';

/** Sorts and merges Parquet files in this process, each rewrite in a session of its own. */
export class DuckDbRewriter implements Rewriter {
  async rewrite(request: RewriteRequest): Promise<RewriteResult> {
    return inRewriteSession(request, (session) => rewriteIn(session, request));
  }
}

async function rewriteIn(session: DuckDbSession, request: RewriteRequest): Promise<RewriteResult> {
  const { columns } = request;
  const rows = await rowsOf(session, request.localPaths, columns);
  const before = await contentsOf(session, rows, columns);
  const files = await writeSorted(session, rows, request);
  const written = files.map(({ localPath }) => localPath);
  const after = await contentsOf(session, await rowsOf(session, written, columns), columns);
  requireSameContents(request.partition.name, before, after);
  return { files, ...before };
}
