/** A record for a topic, and what is to become of it. */
export interface TestRecord {
  readonly key: string;
  readonly value: Buffer | null;
  /** The reason that it is rejected for; undefined where it is a row. */
  readonly rejectedFor: string | undefined;
  /** What its row holds in `load_1`: different in each record. */
  readonly mark: number;
}

type BadRecord = readonly [reason: string, make: (mark: number, now: string) => string | Buffer | null];

/** Every way in which a record can be wrong. */
const BAD_RECORDS: readonly BadRecord[] = [
  ['null_value', () => null],
  ['invalid_utf8', () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['malformed_json', () => '{"host": "cut off'],
  ['malformed_json', () => 'no JSON at all'],
  ['malformed_json', () => ''],
  ['not_an_object', () => '[1, 2, 3]'],
  ['not_an_object', () => '"text"'],
  ['duplicate_field', (_, now) => `{"host":"a","host":"b","event_time":"${now}"}`],
  ['reserved_field', (_, now) => `{"~o":1,"host":"a","event_time":"${now}"}`],
  ['missing_field', (_, now) => `{"event_time":"${now}"}`],
  ['missing_field', () => '{"host":"a","event_time":null}'],
  ['wrong_type', (_, now) => `{"host":"a","event_time":"${now}","cpu_pct":"high"}`],
  ['wrong_type', (_, now) => `{"host":"a","event_time":"${now}","cores":7.5}`],
  ['wrong_type', (_, now) => `{"host":"a","event_time":"${now}","cpu_pct":true}`],
  ['wrong_type', (_, now) => `{"host":"a","event_time":"${now}","cpu_pct":1e400}`],
  ['wrong_type', (_, now) => `{"host":"a","event_time":"${now}","memory_total_bytes":99999999999999999999}`],
  ['wrong_type', () => '{"host":"a","event_time":"yesterday"}'],
  ['event_time_too_old', () => '{"host":"a","event_time":"1999-01-01T00:00:00Z"}'],
  ['event_time_too_new', () => '{"host":"a","event_time":"2199-01-01T00:00:00Z"}'],
];

/** The `mark`-th record of a test: a bad one where `bad` says so, each kind in turn. */
export function healthRecord(mark: number, bad: boolean): TestRecord {
  const key = `srv-${mark % 50}`;
  const now = new Date().toISOString();
  if (bad) {
    const [reason, make] = BAD_RECORDS[mark % BAD_RECORDS.length] as BadRecord;
    const value = make(mark, now);
    return { key, value: value === null ? null : Buffer.from(value), rejectedFor: reason, mark };
  }
  const value = {
    host: key,
    event_time: now,
    simulated: true,
    cores: 8,
    cpu_pct: (mark % 1000) / 10,
    load_1: mark,
    note: 'ünbekannt',
  };
  // Every hundredth is written over several lines, which JSON allows.
  const text = mark % 100 === 0 ? JSON.stringify(value, undefined, 1) : JSON.stringify(value);
  return { key, value: Buffer.from(text), rejectedFor: undefined, mark };
}
