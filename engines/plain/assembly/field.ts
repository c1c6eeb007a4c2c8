import { Column } from './column';
import { afterColon, afterText, NOT_PLAIN } from './json';
import { reserve } from './space';

/** Further names than these are left to careful reading. */
const MAX_NAME_BYTES: u32 = 256;
/** With the blanks that may stand around a colon. */
const MAX_LEAD_BYTES: u32 = MAX_NAME_BYTES + 32;

/** A field's name as it stands in the records. */
@unmanaged
export class Field {
  /** Null for a field that no column takes. */
  column: Column | null = null;
  /** The last record that had it. */
  record: u32 = 0;
  /** Accepted records that had it. */
  count: u32 = 0;
  /** The name's bytes. */
  name: usize = 0;
  nameBytes: u32 = 0;
  /** The name in its quotes, the colon and what blanks are around it, as they were written where it was found first. */
  lead: usize = 0;
  leadBytes: u32 = 0;
  /** What is compared of the lead's last eight bytes. */
  leadMask: u64 = 0;
  /** The field that came after it last time: most records of a topic have the same fields in the same order. */
  next: Field | null = null;
  /** The next of all fields. */
  other: Field | null = null;
  /** The next of the record's fields that no column takes. */
  unknown: Field | null = null;

  /** The place behind the lead, or 0 where it does not stand there. */
  afterLead(at: usize): usize {
    const bytes = this.leadBytes;
    if (bytes == 0) return 0;
    const whole = (<usize>(bytes - 1)) & ~7;
    const lead = this.lead;
    for (let part: usize = 0; part < whole; part += 8) if (load<u64>(at + part) != load<u64>(lead + part)) return 0;
    return ((load<u64>(at + whole) ^ load<u64>(lead + whole)) & this.leadMask) == 0 ? at + bytes : 0;
  }

  isNamed(start: usize, bytes: u32): bool {
    return this.nameBytes == bytes && memory.compare(this.name, start, bytes) == 0;
  }

  setLead(start: usize, end: usize): void {
    const bytes = <u32>(end - start);
    if (bytes > MAX_LEAD_BYTES) return;
    memory.copy(this.lead, start, bytes);
    this.leadBytes = bytes;
    this.leadMask = 0xffffffffffffffff >>> ((<u64>((8 - (bytes & 7)) & 7)) << 3);
  }
}

/** With its name and its lead, which is compared eight bytes at a time. */
const FIELD_BYTES: u32 = <u32>offsetof<Field>() + MAX_NAME_BYTES + MAX_LEAD_BYTES + 8;

let fields: usize = 0;
let fieldCount: u32 = 0;
let maxFields: u32 = 0;
let lastField: Field | null = null;
/** Stands before the first field of a record. */
export let beforeFirst: Field | null = null;

/** What `findField` has found: where the field's value begins, or else the name of a field that is not known. */
export let valueStart: usize = 0;
export let foundName: usize = 0;
export let foundNameBytes: u32 = 0;

/** Forgets all fields, and makes room for so many. */
export function beginFields(limit: u32): void {
  fields = reserve((limit + 1) * FIELD_BYTES);
  maxFields = limit;
  fieldCount = 0;
  lastField = null;
  beforeFirst = newField(fields, 0, 0, null);
}

/** @returns the field's number, or -1 where it cannot be told apart here */
export function addField(name: usize, nameBytes: u32, column: Column | null): i32 {
  if (nameBytes > MAX_NAME_BYTES || fieldCount == maxFields) return -1;
  fieldCount++;
  const field = newField(fields + fieldCount * FIELD_BYTES, name, nameBytes, column);
  field.other = lastField;
  lastField = field;
  return fieldCount;
}

function newField(place: usize, name: usize, nameBytes: u32, column: Column | null): Field {
  memory.fill(place, 0, FIELD_BYTES);
  const field = changetype<Field>(place);
  field.column = column;
  field.name = place + offsetof<Field>();
  field.nameBytes = nameBytes;
  field.lead = field.name + MAX_NAME_BYTES;
  memory.copy(field.name, name, nameBytes);
  return field;
}

export function fieldAt(number: i32): Field {
  return changetype<Field>(fields + <u32>number * FIELD_BYTES);
}

/** Reads a field's name, and up to its value. Without a place in `foundName`, what stands there is not plain. */
export function findField(at: usize): Field | null {
  foundName = 0;
  const end = afterText(at);
  if (end == NOT_PLAIN) return null;
  valueStart = afterColon(end);
  if (valueStart == NOT_PLAIN) return null;
  const name = at + 1;
  const nameBytes = <u32>(end - 1 - name);
  let field = lastField;
  while (field != null && !field.isNamed(name, nameBytes)) field = field.other;
  if (field != null) {
    if (field.leadBytes == 0) field.setLead(at, valueStart);
    return field;
  }
  foundName = name;
  foundNameBytes = nameBytes;
  return null;
}
