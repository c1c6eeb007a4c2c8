import { DuckDbRewriter } from '../../../engines/duckdb/duckdb-rewriter.ts';
import { describeLargeRewrites, describeRewriter, describeWidenedColumns } from '../rewriter-conformance.ts';

describeRewriter('DuckDbRewriter', () => new DuckDbRewriter());
describeLargeRewrites('DuckDbRewriter', () => new DuckDbRewriter());
describeWidenedColumns('DuckDbRewriter', () => new DuckDbRewriter());
