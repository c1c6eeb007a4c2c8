/** The different values of a column, in the order in which they came, and for each value which of them it is. */
import { STRING_BYTES, textAt } from './column';
import { reserve } from './space';

/** More than these, and the column's values are written as they are. Their places fit in 16 bits. */
const MAX_ENTRIES: u32 = 32_768;
/** After so many values a dictionary is given up if nearly all of them were new. */
const TRIAL_VALUES: u32 = 4096;
const MAX_TRIAL_ENTRIES: u32 = 3840;
const MIN_SLOT_BITS: u32 = 6;
/** The golden ratio's bits: neighbouring values come far apart. */
const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;

export let entries: usize = 0;
export let entryCount: u32 = 0;
/** 16 bits for each value. */
export let indexes: usize = 0;
/** Where entries are found by their hash: 32 bits each, the number of the entry and one; 0 is empty. */
let slots: usize = 0;
let slotBits: u32 = 0;

/** False where a dictionary is not worth it. */
export function buildDictionary<T>(values: usize, count: u32): bool {
  begin(count, sizeof<T>());
  const limit = min(count, MAX_ENTRIES);
  for (let index: u32 = 0; index < count; index++) {
    const value = load<T>(values + index * sizeof<T>());
    let slot = slotOf(<u64>value * MULTIPLIER);
    let found = load<u32>(slots + (slot << 2));
    while (found != 0 && load<T>(entries + (found - 1) * sizeof<T>()) != value) {
      slot = after(slot);
      found = load<u32>(slots + (slot << 2));
    }
    if (found == 0) {
      if (isTooMany(index, limit)) return false;
      store<T>(entries + entryCount * sizeof<T>(), value);
      found = addEntry(slot);
    }
    store<u16>(indexes + (index << 1), <u16>(found - 1));
  }
  return true;
}

/** The same for texts as columns hold them. */
export function buildTextDictionary(values: usize, count: u32): bool {
  begin(count, STRING_BYTES);
  const limit = min(count, MAX_ENTRIES);
  for (let index: u32 = 0; index < count; index++) {
    const value = values + index * STRING_BYTES;
    let slot = slotOf(hashOf(value));
    let found = load<u32>(slots + (slot << 2));
    while (found != 0 && !isSameText(entries + (found - 1) * STRING_BYTES, value)) {
      slot = after(slot);
      found = load<u32>(slots + (slot << 2));
    }
    if (found == 0) {
      if (isTooMany(index, limit)) return false;
      const entry = entries + entryCount * STRING_BYTES;
      store<u64>(entry, load<u64>(value));
      store<u64>(entry + 8, load<u64>(value + 8));
      found = addEntry(slot);
    }
    store<u16>(indexes + (index << 1), <u16>(found - 1));
  }
  return true;
}

function begin(count: u32, valueBytes: u32): void {
  const limit = min(count, MAX_ENTRIES);
  // At most half of the slots are taken.
  slotBits = max(MIN_SLOT_BITS, 32 - clz<u32>(2 * limit - 1));
  const slotsBytes: usize = (<usize>4) << slotBits;
  slots = reserve(slotsBytes);
  memory.fill(slots, 0, slotsBytes);
  entries = reserve(limit * valueBytes);
  entryCount = 0;
  indexes = reserve((count << 1) + 8);
}

function slotOf(hash: u64): u32 {
  return <u32>(hash >> (64 - slotBits));
}

function after(slot: u32): u32 {
  return (slot + 1) & ((1 << slotBits) - 1);
}

function isTooMany(index: u32, limit: u32): bool {
  return entryCount == limit || (index == TRIAL_VALUES && entryCount > MAX_TRIAL_ENTRIES);
}

function addEntry(slot: u32): u32 {
  entryCount++;
  store<u32>(slots + (slot << 2), entryCount);
  return entryCount;
}

function hashOf(value: usize): u64 {
  const length = load<u32>(value);
  if (textAt(value) == value + 4) return (load<u64>(value) * MULTIPLIER) ^ (load<u64>(value + 8) * 0xc2b2ae3d27d4eb4f);
  const start = textAt(value);
  const last = start + length - 8;
  let hash: u64 = length;
  for (let at = start; at < last; at += 8) hash = mixed(hash, load<u64>(at));
  return mixed(hash, load<u64>(last));
}

function mixed(hash: u64, bits: u64): u64 {
  const product = (hash ^ bits) * MULTIPLIER;
  return product ^ (product >> 29);
}

function isSameText(one: usize, other: usize): bool {
  // Length and first four bytes.
  if (load<u64>(one) != load<u64>(other)) return false;
  const start = textAt(one);
  if (start == one + 4) return load<u64>(one + 8) == load<u64>(other + 8);
  return memory.compare(start, textAt(other), load<u32>(one)) == 0;
}
