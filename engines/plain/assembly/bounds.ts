/** The smallest and the largest of a column's values. */
import { STRING_BYTES, textAt } from './column';

/** Where they are; of a text, its bytes. */
export let minAt: usize = 0;
export let maxAt: usize = 0;
export let minBytes: u32 = 0;
export let maxBytes: u32 = 0;

export function noBounds(): void {
  minAt = 0;
  maxAt = 0;
}

export function findBounds<T>(values: usize, count: u32): void {
  let smallest = load<T>(values);
  let largest = smallest;
  minAt = values;
  maxAt = values;
  for (let index: u32 = 1; index < count; index++) {
    const value = load<T>(values + index * sizeof<T>());
    if (value < smallest) {
      smallest = value;
      minAt = values + index * sizeof<T>();
    }
    if (value > largest) {
      largest = value;
      maxAt = values + index * sizeof<T>();
    }
  }
  minBytes = sizeof<T>();
  maxBytes = sizeof<T>();
}

/** Texts by their bytes. */
export function findTextBounds(values: usize, count: u32): void {
  let smallest = values;
  let largest = values;
  for (let index: u32 = 1; index < count; index++) {
    const value = values + index * STRING_BYTES;
    if (compareTexts(value, smallest) < 0) smallest = value;
    else if (compareTexts(value, largest) > 0) largest = value;
  }
  minAt = textAt(smallest);
  minBytes = load<u32>(smallest);
  maxAt = textAt(largest);
  maxBytes = load<u32>(largest);
}

function compareTexts(one: usize, other: usize): i32 {
  const lengths = <i32>load<u32>(one) - <i32>load<u32>(other);
  const order = memory.compare(textAt(one), textAt(other), min(load<u32>(one), load<u32>(other)));
  return order != 0 ? order : lengths;
}
