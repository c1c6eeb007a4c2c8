import { DuckDbRewriter } from '../../../engines/duckdb/duckdb-rewriter.ts';
import { describeLargeRewrites, describeRewriter } from '../rewriter-conformance.ts';

describeRewriter('DuckDbRewriter', () => new DuckDbRewriter());
describeLargeRewrites('DuckDbRewriter', () => new DuckDbRewriter());
