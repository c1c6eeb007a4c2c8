import { readFile } from 'node:fs/promises';
import { expect, vi } from 'vitest';
import type { TableDefinition } from '../../../definition/table-definition.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { WasmInstances } from '../../../engines/plain/wasm-instance.ts';
import { PlainDecoder } from '../../../engines/plain/plain-decoder.ts';
import { writePlainRows } from '../../../engines/plain/plain-writer.ts';
import { ReadBudget } from '../../../kafka/read-budget.ts';
import { readRecordBatches } from '../../../kafka/record-batch.ts';
import type { RawRecord } from '../../../kafka/record.ts';
import { RecordChunk } from '../../../kafka/record-chunk.ts';
import { type CopiedRecord, Spool } from '../../../kafka/spool.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { requestOf, textsOf } from './plain-conversion.ts';

export interface DecodedBatches {
  /** Rows of records that were taken. */
  readonly rows: readonly string[];
  /** Of the records that were left: what the spool says of each file, its lines, and the records themselves. */
  readonly left: readonly { readonly rowCount: number; readonly lines: string; readonly copies: CopiedRecord[] }[];
  readonly unknown: ReadonlyMap<string, number>;
  readonly periods: readonly number[];
  readonly usedBytes: number;
  /** Why reading ended early. */
  readonly failure: unknown;
  /** Records that were offered to the decoder one by one. */
  readonly offeredSingly: number;
}

export interface DecodingOptions {
  /** @default all */
  readonly range?: { readonly startOffset: bigint; readonly endOffset: bigint };
  /** No further chunk of rows is begun where so much is kept. */
  readonly maxKeptBytes?: number;
}

/** Decodes record batches, whole ones at a time or record by record. */
export class BatchDecoding {
  readonly #definition: TableDefinition;
  readonly #session: DuckDbSession;
  readonly #instances = new WasmInstances();

  private constructor(definition: TableDefinition, session: DuckDbSession) {
    this.#definition = definition;
    this.#session = session;
  }

  static async open(definition: TableDefinition): Promise<BatchDecoding> {
    return new BatchDecoding(definition, await DuckDbSession.open());
  }

  close(): void {
    this.#session.close();
  }

  /** Decodes in both ways. @returns what was made of whole batches, which is what was made of single records too */
  async agreed(bytes: Buffer, options: DecodingOptions = {}): Promise<DecodedBatches> {
    const { offeredSingly, ...batchwise } = await this.#decoded(bytes, true, options);
    const { offeredSingly: all, ...singly } = await this.#decoded(bytes, false, options);
    expect(batchwise).toEqual(singly);
    expect(offeredSingly).toBeLessThanOrEqual(all);
    return { ...batchwise, offeredSingly };
  }

  async #decoded(bytes: Buffer, batchwise: boolean, options: DecodingOptions): Promise<DecodedBatches> {
    const folder = temporaryFolder();
    const instance = this.#instances.take();
    const decoder = new PlainDecoder(this.#definition, instance, options.maxKeptBytes);
    const take = vi.spyOn(decoder, 'take');
    const budget = new ReadBudget(Infinity);
    const { maxRecordBytes } = this.#definition.limits;
    const taker = batchwise
      ? decoder
      : { take: (record: RawRecord, partition: number) => decoder.take(record, partition) };
    const spool = new Spool({ folder, budget, maxRecordBytes, segmentMaxBytes: 100_000, taker });
    const failure = await spool.add(chunkOf(bytes, options)).catch((thrown: unknown) => thrown);
    decoder.finish();
    const found = {
      rows: await textsOf(this.#session, await writePlainRows(decoder, instance, requestOf(this.#definition, folder))),
      left: await Promise.all(
        spool.segments.map(async (segment) => {
          const copies: CopiedRecord[] = [];
          segment.records((record) => copies.push(record));
          const lines = await readFile(segment.path, 'latin1');
          return { ...segment, path: '', records: undefined, lines, copies };
        }),
      ),
      unknown: decoder.unknownFields,
      periods: [...decoder.periods],
      usedBytes: budget.usedBytes,
      failure,
      offeredSingly: take.mock.calls.length,
    };
    this.#instances.giveBack(instance);
    return found;
  }
}

function chunkOf(bytes: Buffer, { range = { startOffset: 0n, endOffset: 2n ** 62n } }: DecodingOptions): RecordChunk {
  const { batches, nextOffset = 0n, sizeBytes } = readRecordBatches(bytes, 2n ** 62n);
  return new RecordChunk({ partition: 4, ...range }, batches, { nextOffset, sizeBytes });
}
