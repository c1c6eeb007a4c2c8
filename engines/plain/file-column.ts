import type { ColumnDefinition } from '../../definition/table-definition.ts';
import type { ColumnStatistics } from '../file-statistics.ts';
import { type Bound, type ColumnPages, columnPages } from './column-pages.ts';
import type { WasmInstance } from './wasm-instance.ts';

/** A column of a file in the making, over all row groups so far. */
export class FileColumn {
  readonly name: string;
  readonly type: ColumnDefinition['type'];
  readonly #index: number;
  #nullCount = 0;
  #min: Bound | undefined;
  #max: Bound | undefined;

  /** @param index of the column in the decoder */
  constructor({ name, type }: ColumnDefinition, index: number) {
    this.name = name;
    this.type = type;
    this.#index = index;
  }

  /** The column's pages of the next row group; see columnPages. */
  encode(instance: WasmInstance, rows: number, at: number): ColumnPages {
    const pages = columnPages(instance, this.#index, this.type, rows, at);
    const { chunk, min, max } = pages;
    this.#nullCount += chunk.nullCount;
    if (min !== undefined && (this.#min === undefined || compare(min, this.#min) < 0)) this.#min = min;
    if (max !== undefined && (this.#max === undefined || compare(max, this.#max) > 0)) this.#max = max;
    return pages;
  }

  get statistics(): ColumnStatistics {
    return { nullCount: this.#nullCount, min: valueOf(this.#min), max: valueOf(this.#max) };
  }
}

/** Two bounds of one column. */
function compare(one: Bound, other: Bound): number {
  if (Buffer.isBuffer(one) && Buffer.isBuffer(other)) return Buffer.compare(one, other);
  return one < other ? -1 : one > other ? 1 : 0;
}

function valueOf(bound: Bound | undefined): ColumnStatistics['min'] {
  if (typeof bound === 'boolean') return undefined;
  return Buffer.isBuffer(bound) ? bound.toString() : bound;
}
