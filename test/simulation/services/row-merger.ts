import { SluiceError } from '../../../errors/sluice-error.ts';
import type { Merger, MergeRequest, MergeResult } from '../../../engines/merger.ts';
import { rewriteFilePath } from '../../../plans/file-place.ts';
import type { SimulatedProcess } from '../world/process.ts';
import { type Row, rowStatistics } from './row-engine.ts';

/** Merges files of rows, as the row engine writes them. A stand-in for DuckDB, for the same reason. */
export class RowMerger implements Merger {
  readonly #process: SimulatedProcess;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  async merge(request: MergeRequest): Promise<MergeResult> {
    await Promise.resolve();
    const replacing = new Set(this.#rows(request.replacingPaths).map(identityOf));
    const old = request.oldPaths.map((path) => this.#rows([path]));
    this.#requireComplete(request, old.flat());
    const taken = old.flatMap((rows, index) => (rows.some((row) => replacing.has(identityOf(row))) ? [index] : []));
    const before = taken.flatMap((index) => old[index] ?? []);
    const kept = before.filter((row) => !replacing.has(identityOf(row)));
    const replaced = before.filter((row) => replacing.has(identityOf(row)));
    const fresh = this.#rows(request.newPaths);
    if (textOf(replaced) === textOf(fresh)) {
      return { taken: [], files: [], keptRows: 0, replacedRows: 0, newRows: 0 };
    }
    const counts = { keptRows: kept.length, replacedRows: replaced.length, newRows: fresh.length };
    const rows = [...kept, ...fresh];
    if (rows.length === 0 && taken.length === request.liveFiles) return { taken, files: [], ...counts };
    const bytes = Buffer.from(JSON.stringify(rows));
    const localPath = `${request.scratchFolder}/merged`;
    this.#process.scratch.set(localPath, bytes);
    const file = {
      localPath,
      path: rewriteFilePath(request.partition.name, request.attempt, 0),
      partitionValues: request.partition.values,
      sizeBytes: bytes.length,
      rows: rows.length,
      stats: rowStatistics(rows),
    };
    return { taken, files: [file], ...counts };
  }

  #requireComplete({ complete }: MergeRequest, old: readonly Row[]): void {
    if (complete === undefined) return;
    const derived = new Set(this.#rows(complete.derivedPaths).map(identityOf));
    const missing = old.find(
      (row) =>
        !derived.has(identityOf(row)) &&
        complete.ranges.some(
          ({ partition, startOffset, endOffset }) =>
            row.partition === partition && row.offset >= Number(startOffset) && row.offset < Number(endOffset),
        ),
    );
    if (missing) throw new SluiceError('SOURCE_INCOMPLETE', `Record ${identityOf(missing)} has not been derived.`);
  }

  #rows(localPaths: readonly string[]): Row[] {
    return localPaths.flatMap((path) => {
      const bytes = this.#process.scratch.get(path);
      if (bytes === undefined) throw new Error(`there is no local file ${path}`);
      return JSON.parse(bytes.toString()) as Row[];
    });
  }
}

function identityOf({ partition, offset }: Row): string {
  return `${partition}/${offset}`;
}

function textOf(rows: readonly Row[]): string {
  return rows
    .map((row) => JSON.stringify(row))
    .sort()
    .join();
}
