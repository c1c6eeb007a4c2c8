import type { RejectionReason } from '../../plans/rejection.ts';
import { define, type Fixture, type FixtureRecord, timeAt, withTime } from './fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const records: Fixture = {
  name: 'records that are no rows, and those that only look so',
  definition: define('records', { host: 'string, required: true', n: 'int' }),
  records: [
    { value: null, becomes: 'null_value' },
    { value: '', becomes: 'malformed_json' },
    { value: ' \t\r\n', becomes: 'malformed_json' },
    { value: 'no JSON', becomes: 'malformed_json' },
    { value: '{"host": "cut off', becomes: 'malformed_json' },
    { value: `{'host':'a'}`, becomes: 'malformed_json' },
    { value: '{host:"a"}', becomes: 'malformed_json' },
    { value: withTime('"host":"a","n":01'), becomes: 'malformed_json' },
    { value: withTime('"host":"tab\tinside"'), becomes: 'malformed_json' },
    { value: withTime('"host":"\\x"'), becomes: 'malformed_json' },
    { value: `${withTime('"host":"a"')} and more`, becomes: 'malformed_json' },
    { value: `${withTime('"host":"a"')}${withTime('"host":"b"')}`, becomes: 'malformed_json' },
    { value: `${withTime('"host":"a"')},${withTime('"host":"b"')}`, becomes: 'malformed_json' },
    { value: `${withTime('"host":"a"')}]`, becomes: 'malformed_json' },
    { value: `${withTime('"host":"a"')}}`, becomes: 'malformed_json' },
    { value: `${withTime('"host":"a"')},"n":1`, becomes: 'malformed_json' },
    { value: '[1, 2, 3]', becomes: 'not_an_object' },
    { value: `[${withTime('"host":"a"')}]`, becomes: 'not_an_object' },
    { value: '"text"', becomes: 'not_an_object' },
    { value: 'null', becomes: 'not_an_object' },
    { value: '17', becomes: 'not_an_object' },
    { value: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), becomes: 'invalid_utf8' },
    {
      value: Buffer.concat([Buffer.from(withTime('"host":"')), Buffer.from([0xc3]), Buffer.from('"}')]),
      becomes: 'invalid_utf8',
    },
    { value: withTime('"host":"a","host":"b"'), becomes: 'duplicate_field' },
    { value: withTime('"host":"a","n":1,"n":1'), becomes: 'duplicate_field' },
    { value: withTime('"host":"a","~o":1'), becomes: 'reserved_field' },
    { value: withTime('"host":"a","~t":1'), becomes: 'reserved_field' },
    { value: '{}', becomes: 'missing_field' },
    { value: withTime(''), becomes: 'missing_field' },
    { value: withTime('"host":null'), becomes: 'missing_field' },
    { value: '{"host":"a","event_time":null}', becomes: 'missing_field' },
    { value: '{"host":"a","event_time":"never"}', becomes: 'wrong_type' },
    { value: '{"host":"a","event_time":1741498199}', becomes: 'wrong_type' },
    { key: null, value: withTime('"host":"no key"'), becomes: { host: 'no key', n: null } },
    { key: '', value: withTime('"host":"","n":1'), becomes: { host: '', n: '1' } },
    { value: withTime('"host":"trailing comma",'), becomes: { host: 'trailing comma' } },
    { value: withTime('"host":"a","other":NaN'), becomes: { host: 'a' } },
    { value: withTime('"host":"a","other":-Infinity'), becomes: { host: 'a' } },
    { value: withTime('"host":"a","other":1,"other":2'), becomes: { host: 'a' } },
    { value: withTime('"host":"a","deep":{"host":"b","n":"x","~o":1}'), becomes: { host: 'a', n: null } },
    { value: ` \n${withTime('"host":"blanks"')}\r\n `, becomes: { host: 'blanks' } },
    { value: withTime('"host":"lines"').replaceAll(',', ',\r\n  '), becomes: { host: 'lines' } },
    { value: withTime('"ho\\u0073t":"escaped name"'), becomes: { host: 'escaped name' } },
  ],
  // Of records that could be read: rows, and those whose fields are missing or of the wrong type.
  unknownFields: { other: 3, deep: 1 },
};

const timed = (eventTime: string, becomes: RejectionReason | { readonly is: string }): FixtureRecord => ({
  value: `{"event_time":"${eventTime}"}`,
  becomes: typeof becomes === 'string' ? becomes : { event_time: becomes.is },
});

export const times: Fixture = {
  name: 'late, future and oddly written times',
  definition: define('times', { at: 'timestamp', day: 'date' }),
  records: [
    timed(timeAt(0), { is: '2025-03-09 05:30:00.25+00' }),
    timed(timeAt(-2 * DAY_MS), { is: '2025-03-07 05:30:00.25+00' }),
    timed(timeAt(-2 * DAY_MS - 1), 'event_time_too_old'),
    timed(timeAt(HOUR_MS), { is: '2025-03-09 06:30:00.25+00' }),
    timed(timeAt(HOUR_MS + 1), 'event_time_too_new'),
    timed('1999-01-01T00:00:00Z', 'event_time_too_old'),
    timed('2199-01-01T00:00:00Z', 'event_time_too_new'),
    timed('2025-03-09T05:30:00', { is: '2025-03-09 05:30:00+00' }),
    timed('2025-03-09 05:30:00', { is: '2025-03-09 05:30:00+00' }),
    timed('2025-03-09T06:30:00+01:00', { is: '2025-03-09 05:30:00+00' }),
    timed('2025-03-08T19:30:00-10:00', { is: '2025-03-09 05:30:00+00' }),
    timed('2025-03-09T00:00:00.000001Z', { is: '2025-03-09 00:00:00.000001+00' }),
    timed('2025-03-08T23:59:59.999999Z', { is: '2025-03-08 23:59:59.999999+00' }),
    timed('2025-03-09T05:61:00Z', 'wrong_type'),
    timed('2025-03-32T05:00:00Z', 'wrong_type'),
    timed('20250309T053000Z', 'wrong_type'),
    timed('2025-03-09T05:30:00 and more', 'wrong_type'),
    {
      value: withTime('"at":"0001-01-01T00:00:00Z","day":"0001-01-01"'),
      becomes: { at: '0001-01-01 00:00:00+00', day: '0001-01-01' },
    },
    {
      value: withTime('"at":"9999-12-31T23:59:59.999999Z","day":"9999-12-31"'),
      becomes: { at: '9999-12-31 23:59:59.999999+00', day: '9999-12-31' },
    },
    {
      value: withTime('"at":"1582-10-10T00:00:00Z","day":"1582-10-10"'),
      becomes: { at: '1582-10-10 00:00:00+00', day: '1582-10-10' },
    },
    {
      value: '{"event_time":"2020-02-29T12:00:00Z"}',
      timestampMs: Date.parse('2020-02-29T11:59:59Z'),
      becomes: { event_time: '2020-02-29 12:00:00+00' },
    },
  ],
  unknownFields: {},
};

const MAX_RECORD_BYTES = 1024;
const sized = (sizeBytes: number): string => {
  const empty = withTime('"text":""');
  return withTime(`"text":"${'x'.repeat(sizeBytes - empty.length)}"`);
};

export const large: Fixture = {
  name: 'records as large as allowed, and larger',
  definition: define('large', { text: 'string' }, 'limits: { max_record_bytes: 1KiB }'),
  records: [
    { value: sized(MAX_RECORD_BYTES), becomes: { event_time: '2025-03-09 05:29:59.123456+00' } },
    { value: sized(MAX_RECORD_BYTES + 1), becomes: 'too_large' },
    { value: 'x'.repeat(MAX_RECORD_BYTES + 1), becomes: 'too_large' },
  ],
  unknownFields: {},
};

/** Rows, one that is plain and one that is not, and every kind of what is no row; produced on two days. */
export const archived: Fixture = {
  name: 'records that are archived',
  definition: define('archived', { n: 'int' }, 'archive: true\nlimits: { max_record_bytes: 1KiB }'),
  records: [
    { value: withTime('"n":0'), becomes: { n: '0' } },
    { key: 'key', value: withTime('"n":1'), becomes: { n: '1' } },
    { key: '', value: withTime(' "\\u006e" : 2 '), becomes: { n: '2' } },
    { key: Buffer.from([0, 255, 10, 13]), value: withTime('"n":"x"'), becomes: 'wrong_type' },
    { key: 'tombstone', value: null, becomes: 'null_value' },
    { key: null, value: Buffer.from([0xff, 0xfe, 0x00]), becomes: 'invalid_utf8' },
    { key: null, value: '', becomes: 'malformed_json' },
    { value: 'x'.repeat(MAX_RECORD_BYTES + 1), becomes: 'too_large' },
    { value: withTime('"n":3'), timestampMs: Date.parse('2025-03-10T00:00:00.001Z'), becomes: { n: '3' } },
  ],
  unknownFields: {},
};
