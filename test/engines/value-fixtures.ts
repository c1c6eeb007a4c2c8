import type { ColumnType } from '../../definition/table-definition.ts';
import { define, type Fixture, type FixtureRecord, withTime } from './fixture.ts';

/** Each type under its own name, so that one value can be tried as each of them. */
const TYPES: readonly ColumnType[] = ['string', 'boolean', 'int', 'bigint', 'double', 'timestamp', 'date'];
type Accepted = Partial<Record<ColumnType, string>>;

/**
 * A value as JSON has it, and the types that take it with the text of what they make of it. Every other type must reject
 * it. A value that strings take differently on purpose is in the fixtures below.
 */
const KINDS: readonly (readonly [json: string, accepted: Accepted])[] = [
  ['"text"', { string: 'text' }],
  ['""', { string: '' }],
  ['" "', { string: ' ' }],
  ['true', { string: 'true', boolean: 'true' }],
  ['false', { string: 'false', boolean: 'false' }],
  ['"true"', { string: 'true', boolean: 'true' }],
  ['"t"', { string: 't', boolean: 'true' }],
  ['"YES"', { string: 'YES', boolean: 'true' }],
  ['"n"', { string: 'n', boolean: 'false' }],
  ['1', { string: '1', boolean: 'true', int: '1', bigint: '1', double: '1.0' }],
  ['"0"', { string: '0', boolean: 'false', int: '0', bigint: '0', double: '0.0' }],
  ['7', { string: '7', int: '7', bigint: '7', double: '7.0' }],
  ['"7"', { string: '7', int: '7', bigint: '7', double: '7.0' }],
  ['-7', { string: '-7', int: '-7', bigint: '-7', double: '-7.0' }],
  ['"+7"', { string: '+7', int: '7', bigint: '7', double: '7.0' }],
  ['"007"', { string: '007', int: '7', bigint: '7', double: '7.0' }],
  ['" 7 "', { string: ' 7 ', int: '7', bigint: '7', double: '7.0' }],
  ['7.5', { string: '7.5', double: '7.5' }],
  ['"7.5"', { string: '7.5', double: '7.5' }],
  ['"1e3"', { string: '1e3', double: '1000.0' }],
  ['"1_000"', { string: '1_000' }],
  ['"7d"', { string: '7d' }],
  ['"0x10"', { string: '0x10' }],
  ['"NaN"', { string: 'NaN' }],
  ['"Infinity"', { string: 'Infinity' }],
  ['"1e400"', { string: '1e400' }],
  ['0.1', { string: '0.1', double: '0.1' }],
  ['123456789.123456789', { string: '123456789.12345679', double: '123456789.12345679' }],
  ['2147483647', { string: '2147483647', int: '2147483647', bigint: '2147483647', double: '2147483647.0' }],
  ['-2147483648', { string: '-2147483648', int: '-2147483648', bigint: '-2147483648', double: '-2147483648.0' }],
  ['2147483648', { string: '2147483648', bigint: '2147483648', double: '2147483648.0' }],
  [
    '9223372036854775807',
    { string: '9223372036854775807', bigint: '9223372036854775807', double: '9.223372036854776e+18' },
  ],
  [
    '-9223372036854775808',
    { string: '-9223372036854775808', bigint: '-9223372036854775808', double: '-9.223372036854776e+18' },
  ],
  ['9223372036854775808', { string: '9223372036854775808', double: '9.223372036854776e+18' }],
  ['"2025-03-09"', { string: '2025-03-09', timestamp: '2025-03-09 00:00:00+00', date: '2025-03-09' }],
  [
    '"2025-03-09T05:29:59Z"',
    { string: '2025-03-09T05:29:59Z', timestamp: '2025-03-09 05:29:59+00', date: '2025-03-09' },
  ],
  ['"2025-02-29"', { string: '2025-02-29' }],
  ['"2024-02-29"', { string: '2024-02-29', timestamp: '2024-02-29 00:00:00+00', date: '2024-02-29' }],
  ['"09/03/2025"', { string: '09/03/2025' }],
  ['"yesterday"', { string: 'yesterday' }],
  ['"infinity"', { string: 'infinity' }],
  ['"epoch"', { string: 'epoch' }],
  ['{"a":[1,{"b":null}]}', { string: '{"a":[1,{"b":null}]}' }],
  ['[1,"two",null]', { string: '[1,"two",null]' }],
  ['{}', { string: '{}' }],
  ['"{}"', { string: '{}' }],
  ['[]', { string: '[]' }],
];

function kindsAsTypes(): FixtureRecord[] {
  return KINDS.flatMap(([json, accepted]) =>
    TYPES.map((type): FixtureRecord => {
      const text = accepted[type];
      return {
        value: withTime(`"as_${type}":${json}`),
        becomes: text === undefined ? 'wrong_type' : { [`as_${type}`]: text },
      };
    }),
  );
}

export const kinds: Fixture = {
  name: 'every kind of JSON value as every type',
  definition: define('kinds', Object.fromEntries(TYPES.map((type) => [`as_${type}`, type]))),
  records: [
    ...kindsAsTypes(),
    {
      value: withTime(TYPES.map((type) => `"as_${type}":null`).join()),
      becomes: Object.fromEntries(TYPES.map((type) => [`as_${type}`, null])),
    },
    { value: withTime(''), becomes: Object.fromEntries(TYPES.map((type) => [`as_${type}`, null])) },
    { value: withTime('"as_double":1e400'), becomes: 'wrong_type' },
    { value: withTime('"as_double":NaN'), becomes: 'wrong_type' },
    { value: withTime('"as_int":1e3'), becomes: 'wrong_type' },
    { value: withTime('"as_double":1e3'), becomes: { as_double: '1000.0' } },
    { value: withTime('"as_double":-2.5E-3'), becomes: { as_double: '-0.0025' } },
    { value: withTime('"as_double":5e-324'), becomes: { as_double: '5e-324' } },
    { value: withTime('"as_double":1.7976931348623157e308'), becomes: { as_double: '1.7976931348623157e+308' } },
    { value: withTime('"as_bigint":99999999999999999999'), becomes: 'wrong_type' },
  ],
  unknownFields: {},
};

export const unicode: Fixture = {
  name: 'Unicode',
  definition: define('unicode', { text: 'string', more: 'string' }),
  records: [
    { value: withTime('"text":"Grüße, 世界 🚀"'), becomes: { text: 'Grüße, 世界 🚀' } },
    { value: withTime('"text":"\\u00fc\\n\\t\\"\\\\\\/\\b\\f\\r"'), becomes: { text: 'ü\n\t"\\/\b\f\r' } },
    { value: withTime('"text":"\\ud83d\\ude80"'), becomes: { text: '🚀' } },
    { value: withTime('"text":"\\ud83d"'), becomes: 'malformed_json' },
    { value: withTime('"text":"\\u00"'), becomes: 'malformed_json' },
    {
      value: withTime('"text":"e\u0301","more":"\u200f\u2028\ufeff"'),
      becomes: { text: 'e\u0301', more: '\u200f\u2028\ufeff' },
    },
    { value: withTime('"text":"\\u007f\\u0085"'), becomes: { text: '\u007f\u0085' } },
    { value: withTime(`"text":"${'ß'.repeat(20_000)}"`), becomes: { text: 'ß'.repeat(20_000) } },
    {
      key: 'Schlüssel',
      value: withTime('"text":"{\\"a\\":1}","more":"[1]"'),
      becomes: { text: '{"a":1}', more: '[1]' },
    },
    { value: withTime('"größe":1,"more":"x"'), becomes: { text: null, more: 'x' } },
  ],
  unknownFields: { größe: 1 },
};

const WIDE_COLUMNS = 300;
const wideNames = Array.from({ length: WIDE_COLUMNS }, (_, index) => `c${index}`);
const typeOf = (index: number): ColumnType => TYPES[index % 5] as ColumnType;
const sample = (index: number, row: number): [json: string, text: string] => {
  const number = index * 10 + row;
  switch (typeOf(index)) {
    case 'string':
      return [`"s${number}"`, `s${number}`];
    case 'boolean':
      return [String(number % 2 === 0), String(number % 2 === 0)];
    case 'double':
      return [`${number}.25`, `${number}.25`];
    default:
      return [String(number), String(number)];
  }
};

export const wide: Fixture = {
  name: '300 columns',
  definition: define('wide', Object.fromEntries(wideNames.map((name, index) => [name, typeOf(index)]))),
  records: [0, 1, 2].map((row) => {
    // Each row lacks every third column, another third each time.
    const present = wideNames.flatMap((name, index) => (index % 3 === row ? [] : [{ name, index }]));
    const fields = present.map(({ name, index }) => `"${name}":${sample(index, row)[0]}`);
    const expected = wideNames.map((name, index) => [name, index % 3 === row ? null : sample(index, row)[1]] as const);
    return { value: withTime(fields.join()), becomes: Object.fromEntries(expected) };
  }),
  unknownFields: {},
};
