/** A page in the making: bytes, numbers of variable length, and bits packed from the lowest on (Parquet's Encodings.md). */

export let at: usize = 0;

export function beginPage(place: usize): void {
  at = place;
}

export function putByte(value: u32): void {
  store<u8>(at++, <u8>value);
}

export function putInt(value: u32): void {
  store<u32>(at, value);
  at += 4;
}

/** ULEB128. */
export function putVarint(value: u64): void {
  while (value > 127) {
    putByte(((<u32>value) & 127) | 128);
    value >>= 7;
  }
  putByte(<u32>value);
}

export function putZigzag(value: i64): void {
  putVarint(<u64>((value << 1) ^ (value >> 63)));
}

export function putBytes(start: usize, length: u32): void {
  memory.copy(at, start, length);
  at += length;
}

/** `count` values of `T`, each in `width` bits of up to 32; zeros fill the last byte. Writes up to eight bytes beyond. */
export function putPacked<T>(values: usize, count: u32, width: u32): void {
  let bits: u64 = 0;
  let used: u32 = 0;
  let place = at;
  for (let index: u32 = 0; index < count; index++) {
    bits |= (<u64>load<T>(values + index * sizeof<T>())) << used;
    used += width;
    store<u64>(place, bits);
    place += used >> 3;
    bits >>= <u64>(used & ~7);
    used &= 7;
  }
  at = used > 0 ? place + 1 : place;
}

/** Fills what is missing of the last eight values, for a run of bit-packed ones has a multiple of eight. */
export function putPackedRun<T>(values: usize, count: u32, width: u32): void {
  const groups = (count + 7) >> 3;
  putVarint((groups << 1) | 1);
  const end = at + groups * width;
  putPacked<T>(values, count, width);
  if (at < end) memory.fill(at, 0, end - at);
  at = end;
}

/** A run of one value that takes no more than a byte. */
export function putRun(count: u32, value: u32, width: u32): void {
  putVarint(count << 1);
  if (width > 0) putByte(value);
}
