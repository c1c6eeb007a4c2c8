import type { Rewriter, RewriteRequest, RewriteResult } from '../../../engines/rewriter.ts';
import { rewriteFilePath } from '../../../plans/file-place.ts';
import type { SimulatedProcess } from '../world/process.ts';
import { type Row, rowStatistics } from './row-engine.ts';

/** Merges files of rows, as the row engine writes them. A stand-in for DuckDB, for the same reason. */
export class RowRewriter implements Rewriter {
  readonly #process: SimulatedProcess;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  rewrite(request: RewriteRequest): Promise<RewriteResult> {
    const rows = request.localPaths.flatMap((path) => this.#rows(path));
    rows.sort((one, other) => one.partition - other.partition || one.offset - other.offset);
    const bytes = Buffer.from(JSON.stringify(rows));
    const localPath = `${request.scratchFolder}/rewritten`;
    this.#process.scratch.set(localPath, bytes);
    const file = {
      localPath,
      path: rewriteFilePath(request.partition.name, request.attempt, 0),
      partitionValues: request.partition.values,
      sizeBytes: bytes.length,
      rows: rows.length,
      stats: rowStatistics(rows),
    };
    return Promise.resolve({ files: [file], rows: rows.length, checksum: '' });
  }

  #rows(localPath: string): Row[] {
    const bytes = this.#process.scratch.get(localPath);
    if (bytes === undefined) throw new Error(`there is no local file ${localPath}`);
    return JSON.parse(bytes.toString()) as Row[];
  }
}
