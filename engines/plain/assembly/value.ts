/** Reads a JSON value into a column. */
import { afterDate, afterTimestamp, days, micros } from './calendar';
import { BIGINT, Column, DATE, DOUBLE, INT, STRING, TIMESTAMP } from './column';
import { numberOf } from './host';
import { afterFalse, afterNumber, afterText, afterTrue, isDigit, isExponent, NOT_PLAIN } from './json';

const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;

/** With up to this many digits, an integer and a power of ten are exact doubles, and so their quotient is the nearest one. */
const EXACT_DIGITS: u32 = 15;
const POWERS_OF_TEN = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]);
/** As many digits as 64 bits always hold. */
const LONG_DIGITS: u32 = 19;

/** @returns the place behind the value, or NOT_PLAIN */
export function readValue(column: Column, row: u32, at: usize): usize {
  switch (column.type) {
    case STRING: {
      const end = afterText(at);
      return end != NOT_PLAIN && column.setText(row, at + 1, <u32>(end - at - 2)) ? end : NOT_PLAIN;
    }
    case DOUBLE:
      return readDouble(column, row, at);
    case INT:
    case BIGINT:
      return readInteger(column, row, at);
    case TIMESTAMP: {
      const end = afterTimestamp(at);
      column.setLong(row, micros);
      return end;
    }
    case DATE: {
      const end = afterDate(at);
      column.setInt(row, days);
      return end;
    }
    default: {
      const end = afterTrue(at);
      column.setByte(row, end != NOT_PLAIN ? 1 : 0);
      return end | afterFalse(at);
    }
  }
}

function readDouble(column: Column, row: u32, start: usize): usize {
  const isNegative = load<u8>(start) == MINUS;
  let at = isNegative ? start + 1 : start;
  const first = at;
  let number: u64 = 0;
  for (; isDigit(load<u8>(at)); at++) number = number * 10 + (load<u8>(at) - ZERO);
  let digits = <u32>(at - first);
  if (digits == 0 || (digits > 1 && load<u8>(first) == ZERO)) return NOT_PLAIN;
  let scale: u32 = 0;
  if (load<u8>(at) == DOT) {
    const point = ++at;
    for (; isDigit(load<u8>(at)); at++) number = number * 10 + (load<u8>(at) - ZERO);
    scale = <u32>(at - point);
    if (scale == 0) return NOT_PLAIN;
    digits += scale;
  }
  if (digits > EXACT_DIGITS || isExponent(load<u8>(at))) return readLongDouble(column, row, start);
  const value = <f64>number / load<f64>(POWERS_OF_TEN + ((<usize>scale) << 3));
  column.setDouble(row, isNegative ? -value : value);
  return at;
}

function readLongDouble(column: Column, row: u32, start: usize): usize {
  const end = afterNumber(start);
  if (end == NOT_PLAIN) return NOT_PLAIN;
  const value = numberOf(start, end);
  column.setDouble(row, value);
  return isFinite<f64>(value) ? end : NOT_PLAIN;
}

function readInteger(column: Column, row: u32, at: usize): usize {
  const isNegative = load<u8>(at) == MINUS;
  if (isNegative) at++;
  const first = at;
  let number: u64 = 0;
  for (; isDigit(load<u8>(at)); at++) number = number * 10 + (load<u8>(at) - ZERO);
  const digits = <u32>(at - first);
  if (digits == 0 || digits > LONG_DIGITS || (digits > 1 && load<u8>(first) == ZERO)) return NOT_PLAIN;
  const largest: u64 = column.type == INT ? <u64>i32.MAX_VALUE : <u64>i64.MAX_VALUE;
  if (number > largest + <u64>isNegative) return NOT_PLAIN;
  const value = isNegative ? -(<i64>number) : <i64>number;
  if (column.type == INT) column.setInt(row, <i32>value);
  else column.setLong(row, value);
  return at;
}
