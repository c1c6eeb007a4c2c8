import type { Random } from '../../../collectors/simulation/random.ts';
import { buildBatch, type BuiltBatch, type BuiltRecord } from '../../kafka/batch-builder.ts';
import type { DecodingOptions } from './batch-decoding.ts';

/** Where the records of a batch begin in its bytes. */
export const RECORDS_AT = 61;

const FURTHER = [
  ...['', '', '', '', ',"text":null', ',"text":"Grüße"', ',"text":"a\\tb"', ',"x":1', ',"y":{"z":[]}', ',"N":7'],
  ...[',"text":7', ',', '}', ',"x":"', ' ', '\n'],
];
const NOT_OBJECTS = [null, null, '', ' ', '[]', '{', '{"at":', '7', 'null', '{}'];
const TIMESTAMP_DELTAS = [0, 1, -1, 5_000, -5_000, 2 ** 35, -(2 ** 35), 2 ** 52, -(2 ** 53), 2 ** 61];

/** Record batches of every kind, one after the other, the same for the same seed. */
export class RandomBatches {
  readonly #random: Random;
  readonly #base: Pick<BuiltBatch, 'baseOffset' | 'baseTimestampMs'>;
  #count = 0n;

  constructor(random: Random, base: Pick<BuiltBatch, 'baseOffset' | 'baseTimestampMs'>) {
    this.#random = random;
    this.#base = base;
  }

  /** Bytes of a few batches; sometimes, one is damaged in a way that its checksum doesn't tell. */
  next(): Buffer {
    const built: Buffer[] = [];
    this.#count = 0n;
    for (let more = 1 + this.#below(4); more > 0; more--) built.push(this.#batch());
    return Buffer.concat(built);
  }

  /** For the batches that `next` gave last. */
  options(): DecodingOptions {
    const { baseOffset } = this.#base;
    const [one, other] = [this.#below(Number(this.#count)), this.#below(Number(this.#count))];
    const [start, end] = this.#chance(0.4) ? [Math.min(one, other), Math.max(one, other)] : [0, 1e9];
    const range = { startOffset: baseOffset + BigInt(start), endOffset: baseOffset + BigInt(end) };
    return this.#chance(0.15) ? { range, maxKeptBytes: 1 } : { range };
  }

  #batch(): Buffer {
    const oddShare = this.#random.pick([0, 0.01, 0.1, 0.5]);
    let delta = -1;
    const records = Array.from({ length: this.#below(this.#random.pick([2, 50, 500, 3_000])) }, () => {
      delta += this.#chance(0.05) ? 1 + this.#below(20) : 1;
      return this.#chance(oddShare) ? this.#oddRecord(delta) : { delta, ...this.#plainRecord() };
    });
    const stamp = this.#chance(0.2) ? { appendTimestampMs: (this.#base.baseTimestampMs ?? 0n) + 9n } : {};
    const batch = { ...this.#base, ...stamp, records, lastOffsetDelta: Math.max(0, delta) };
    const baseOffset = this.#base.baseOffset + this.#count;
    this.#count += BigInt(Math.max(1, delta + 1));
    const bytes = buildBatch({ ...batch, baseOffset });
    return this.#chance(0.15) ? this.#damaged({ ...batch, baseOffset }, bytes) : bytes;
  }

  #plainRecord(): BuiltRecord {
    const random = this.#random;
    return {
      key: `k${this.#below(1_000)}`,
      value: this.#object(''),
      timestampDelta: random.pick([0, 1, 60, 70, 9_000]),
    };
  }

  #oddRecord(delta: number): BuiltRecord {
    const random = this.#random;
    return {
      delta,
      key: this.#chance(0.3) ? null : 'k'.repeat(this.#length()),
      value: this.#chance(0.25) ? random.pick(NOT_OBJECTS) : this.#object(random.pick(FURTHER)),
      timestampDelta: this.#chance(0.7) ? 0 : random.pick(TIMESTAMP_DELTAS),
      leastVarintBytes: this.#chance(0.8) ? 1 : 1 + this.#below(11),
      headers: this.#chance(0.8) ? [] : [['name', this.#chance(0.5) ? null : 'h'.repeat(this.#length())]],
    };
  }

  #object(further: string): string {
    const hour = this.#chance(0.98) ? 5 : this.#below(7);
    const text = this.#chance(0.95) ? 'text' : 'x'.repeat(this.#length());
    const last = further.includes('text') ? '' : `,"text":"${text}"`;
    return `{"at":"2026-03-09T0${hour}:00:00Z","n":${this.#below(1e6)}${last}${further}}`;
  }

  /** A byte is another one, or the end is missing, or the count of records is wrong. */
  #damaged(batch: BuiltBatch, bytes: Buffer): Buffer {
    const data = Buffer.from(bytes.subarray(RECORDS_AT));
    const recordCount = batch.records.length + (this.#chance(0.3) ? this.#random.pick([-1, 1, 2]) : 0);
    if (this.#chance(0.3))
      return buildBatch({ ...batch, data: data.subarray(0, this.#below(data.length)), recordCount });
    for (let more = this.#below(4); more > 0 && data.length > 0; more--)
      data[this.#below(data.length)] = this.#below(256);
    return buildBatch({ ...batch, data, recordCount });
  }

  /** Mostly short. */
  #length(): number {
    return this.#below(this.#random.pick([3, 3, 100, 100, 5_000, 5_000, 100_000, this.#chance(0.1) ? 700_000 : 10]));
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }
}
