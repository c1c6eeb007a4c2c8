import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What `npm run wasm` makes of assembly/decoder.ts, records.ts and encoder.ts, which say what each of these does. Places and lengths are bytes of its memory. */
interface WasmExports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  begin(
    maxRecordBytes: number,
    rows: number,
    chunkBytes: number,
    keptBytes: number,
    columnLimit: number,
    fieldLimit: number,
  ): void;
  addColumn(type: number, isRequired: boolean, isEventTime: boolean, nameBytes: number): void;
  setTimes(pastMs: number, futureMs: number, periodMs: number): void;
  addUnknown(): number;
  take(start: number, end: number, timestampMs: number, offset: number, partition: number): number;
  setLimits(maxValueBytes: number, maxTimestampMs: number): void;
  beginBatch(
    baseOffset: number,
    baseTimestampMs: number,
    isStamped: boolean,
    minDelta: number,
    maxDelta: number,
    partition: number,
  ): void;
  takeRecords(start: number, end: number, count: number): number;
  nextRecordAt(): number;
  passedRecords(): number;
  takenRecords(): number;
  endChunk(): void;
  rows(): number;
  lastPeriod(): number;
  windowAt(): number;
  unknownNameAt(): number;
  unknownNameBytes(): number;
  countOf(field: number): number;
  beginSelections(groupRows: number, groupBytes: number): void;
  selectPeriod(period: number): number;
  nextRowGroup(): number;
  encodeColumn(index: number): void;
  readonly encoding: WebAssembly.Global<'i32'>;
  readonly nullCount: WebAssembly.Global<'i32'>;
  readonly dictionaryAt: WebAssembly.Global<'i32'>;
  readonly dictionaryBytes: WebAssembly.Global<'i32'>;
  readonly dictionaryValues: WebAssembly.Global<'i32'>;
  readonly pageAt: WebAssembly.Global<'i32'>;
  readonly pageBytes: WebAssembly.Global<'i32'>;
  readonly minAt: WebAssembly.Global<'i32'>;
  readonly minBytes: WebAssembly.Global<'i32'>;
  readonly maxAt: WebAssembly.Global<'i32'>;
  readonly maxBytes: WebAssembly.Global<'i32'>;
}

export const WASM_FILE = fileURLToPath(new URL('plain.wasm', import.meta.url));
let compiled: WebAssembly.Module | undefined;

/** Decoder, rows and encoder in a memory of their own, for one batch at a time. */
export class WasmInstance {
  readonly calls: WasmExports;
  #bytes = Buffer.alloc(0);

  constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(WASM_FILE));
    const host = {
      isUtf8: (start: number, end: number) => isUtf8(this.bytes.subarray(start, end)),
      numberOf: (start: number, end: number) => Number(this.bytes.toString('latin1', start, end)),
    };
    this.calls = new WebAssembly.Instance(compiled, { host }).exports as WasmExports;
  }

  /** Its memory, which is another one after it has grown: it does as rows come. */
  get bytes(): Buffer {
    const { buffer } = this.calls.memory;
    if (this.#bytes.buffer !== buffer) this.#bytes = Buffer.from(buffer);
    return this.#bytes;
  }
}

/** Memory of those that wait for the next batch. */
export const FREE_MAX_BYTES = 256 * 1024 ** 2;

/** Those that wait for the next batch, with the memory that they have grown to. There are as many as there were batches at a time. */
export class WasmInstances {
  readonly #free: WasmInstance[] = [];

  get freeBytes(): number {
    return this.#free.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  take(): WasmInstance {
    return this.#free.pop() ?? new WasmInstance();
  }

  giveBack(instance: WasmInstance): void {
    if (this.freeBytes + instance.bytes.length <= FREE_MAX_BYTES) this.#free.push(instance);
  }
}
