import duckdb, { type DataChunk } from '@duckdb/node-bindings';
import { type DuckDBConnection, DuckDBTableFunction, type DuckDBType, INTEGER } from '@duckdb/node-api';
import { KeptChunk, type RawChunk } from './kept-chunk.ts';
import { Pieces, SlabMemory } from './slab-memory.ts';

/** A column as DuckDB is to see it. */
export interface KeptRowsColumn {
  readonly name: string;
  readonly type: DuckDBType;
}

const FUNCTION = 'kept_rows';

/** Where a scan of one period's chunks stands. */
interface Scan {
  readonly chunks: readonly KeptChunk[];
  next: number;
}

/**
 * Lets one DuckDB read rows that are kept outside of it, by a table function. It asks for them chunk by chunk while it writes
 * them: they need not go through a table in its memory first, which took a sixth of a batch's time.
 */
export class KeptRowsFunction {
  readonly memory = new SlabMemory();
  readonly #kept = new Map<number, KeptRows>();
  #last = 0;

  static register(connection: DuckDBConnection): KeptRowsFunction {
    const registered = new KeptRowsFunction();
    const table = DuckDBTableFunction.create({
      name: FUNCTION,
      parameterTypes: [INTEGER, INTEGER],
      bindFunction(bind) {
        const [number, period] = [Number(bind.getParameter(0)), Number(bind.getParameter(1))];
        const kept = registered.#kept.get(number);
        if (kept === undefined) {
          bind.setError(`Nothing is kept as ${number}.`);
          return;
        }
        for (const { name, type } of kept.columns) bind.addResultColumn(name, type);
        bind.setBindData({ chunks: kept.chunksOf(period), next: 0 } satisfies Scan);
      },
      initFunction: (init) => init.setMaxThreads(1),
      mainFunction: (scan, { chunk }) => giveNext(scan.bindData as Scan, chunk),
    });
    connection.registerTableFunction(table);
    return registered;
  }

  /** Rows of these columns, until they are freed. */
  keep(columns: readonly KeptRowsColumn[]): KeptRows {
    const number = ++this.#last;
    const kept = new KeptRows(columns, number, this.memory, () => this.#kept.delete(number));
    this.#kept.set(number, kept);
    return kept;
  }
}

/** Rows that wait in memory to be written, period by period. */
export class KeptRows {
  readonly columns: readonly KeptRowsColumn[];
  readonly #number: number;
  readonly #pieces: Pieces;
  readonly #forget: () => void;
  readonly #chunks = new Map<number, KeptChunk[]>();

  constructor(columns: readonly KeptRowsColumn[], number: number, memory: SlabMemory, forget: () => void) {
    this.columns = columns;
    this.#number = number;
    this.#pieces = new Pieces(memory);
    this.#forget = forget;
  }

  /** Keeps a chunk, whose memory may be used again. Returns how many bytes it takes. */
  add(period: number, raw: RawChunk): number {
    const chunk = new KeptChunk(raw, this.#pieces);
    const chunks = this.#chunks.get(period);
    if (chunks === undefined) this.#chunks.set(period, [chunk]);
    else chunks.push(chunk);
    return chunk.sizeBytes;
  }

  chunksOf(period: number): readonly KeptChunk[] {
    return this.#chunks.get(period) ?? [];
  }

  /** What a statement reads a period's rows from. */
  from(period: number): string {
    return `${FUNCTION}(${this.#number}, ${period})`;
  }

  free(): void {
    this.#forget();
    this.#chunks.clear();
    this.#pieces.free();
  }
}

/** No rows say that there are no more. */
function giveNext(scan: Scan, output: DataChunk): void {
  const chunk = scan.chunks[scan.next++];
  if (chunk === undefined) duckdb.data_chunk_set_size(output, 0);
  else chunk.copyTo(output);
}
