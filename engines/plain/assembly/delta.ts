/** Parquet's DELTA_BINARY_PACKED (Encodings.md): blocks of 128 differences, in four miniblocks of 32. */
import { at, beginPage, putPacked, putVarint, putZigzag } from './page';
import { reserve } from './space';

const BLOCK_VALUES: u32 = 128;
const MINIBLOCK_VALUES: u32 = 32;
const MINIBLOCKS: u32 = 4;

/** Of the block in the making: differences less the smallest of them. */
let deltas: usize = 0;

/** Writes `count` integers of `T`, signed and of its own width. */
export function putDeltas<T>(values: usize, count: u32): void {
  putVarint(BLOCK_VALUES);
  putVarint(MINIBLOCKS);
  putVarint(count);
  putZigzag(count == 0 ? 0 : <i64>load<T>(values));
  for (let first: u32 = 1; first < count; first += BLOCK_VALUES) {
    putBlock<T>(values + first * sizeof<T>(), min(BLOCK_VALUES, count - first));
  }
}

/** Makes room for a block, before the first one. */
export function reserveDeltas(): void {
  deltas = reserve(BLOCK_VALUES * 8);
}

function putBlock<T>(values: usize, count: u32): void {
  // Differences wrap around as the readers' sums do.
  let smallest: T = (load<T>(values) - load<T>(values - sizeof<T>())) as T;
  for (let index: u32 = 0; index < count; index++) {
    const place = values + index * sizeof<T>();
    const delta = (load<T>(place) - load<T>(place - sizeof<T>())) as T;
    store<T>(deltas + index * sizeof<T>(), delta);
    if (delta < smallest) smallest = delta;
  }
  for (let index: u32 = 0; index < count; index++) {
    const place = deltas + index * sizeof<T>();
    store<T>(place, (load<T>(place) - smallest) as T);
  }
  memory.fill(deltas + count * sizeof<T>(), 0, (BLOCK_VALUES - count) * sizeof<T>());
  putZigzag(<i64>smallest);
  const widthsAt = at;
  beginPage(at + MINIBLOCKS);
  for (let mini: u32 = 0; mini < MINIBLOCKS; mini++) {
    const start = deltas + mini * MINIBLOCK_VALUES * sizeof<T>();
    const isEmpty = mini * MINIBLOCK_VALUES >= count;
    const width = isEmpty ? 0 : widthOf<T>(start);
    store<u8>(widthsAt + mini, <u8>width);
    if (width > 0) putMiniblock<T>(start, width);
  }
}

/** Bits of the largest of 32 unsigned values. */
function widthOf<T>(values: usize): u32 {
  let all: u64 = 0;
  for (let index: u32 = 0; index < MINIBLOCK_VALUES; index++) all |= unsigned<T>(values + index * sizeof<T>());
  return 64 - <u32>clz<u64>(all);
}

function unsigned<T>(place: usize): u64 {
  return sizeof<T>() == 4 ? <u64>load<u32>(place) : load<u64>(place);
}

function putMiniblock<T>(values: usize, width: u32): void {
  if (sizeof<T>() == 4) putPacked<u32>(values, MINIBLOCK_VALUES, width);
  else if (width <= 56) putPacked<u64>(values, MINIBLOCK_VALUES, width);
  else putWide(values, width);
}

/** More bits than may be put beside those of an unfinished byte: bit by bit, as it hardly occurs. */
function putWide(values: usize, width: u32): void {
  memory.fill(at, 0, width * (MINIBLOCK_VALUES >> 3));
  let bit: u32 = 0;
  for (let index: u32 = 0; index < MINIBLOCK_VALUES; index++) {
    const value = load<u64>(values + index * 8);
    for (let digit: u32 = 0; digit < width; digit++, bit++) {
      const place = at + (bit >> 3);
      store<u8>(place, load<u8>(place) | (<u8>(((value >> digit) & 1) << (bit & 7))));
    }
  }
  beginPage(at + width * (MINIBLOCK_VALUES >> 3));
}
