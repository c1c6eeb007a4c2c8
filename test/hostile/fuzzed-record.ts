import { Random } from '../../collectors/simulation/random.ts';
import type { RejectionReason } from '../../plans/rejection.ts';

/** A record for a topic, and what it may be rejected for: nothing, where it becomes a row. */
export interface FuzzedRecord {
  readonly kind: string;
  readonly reasons: readonly RejectionReason[];
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

type Maker = (random: Random, nowMs: number) => string | Buffer | null;
type Kind = readonly [kind: string, reasons: readonly RejectionReason[], make: Maker];

const INT_COLUMNS = ['cores', 'uptime_s', 'memory_total_bytes', 'swap_used_bytes', 'processes_total'] as const;
const DOUBLE_COLUMNS = ['cpu_pct', 'load_1', 'disk_pct', 'pressure_io_pct'] as const;
const TEXTS = ['web-1', '', 'ünïcode 漢字 🜂', "it's; DROP TABLE x; --", '../../etc', '\u202egnp', 'a'.repeat(300)];
const CUT_UTF8 = ['ff', 'c080', 'eda080', 'f4908080', '80', 'c3', 'e28228', 'f8888080'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
/** What JSON does not allow in a text, or between tokens. */
const NO_TOKENS = [
  'undefined',
  "'a'",
  '0x10',
  '1.',
  '.5',
  '+1',
  '01',
  '1e',
  '--1',
  'tru',
  'nul',
  '"\\x"',
  '"\\u12"',
  '"\\ud800"',
  '{]',
  '[1 2]',
  ',',
];
const NO_INTS = [
  7.5,
  'seven',
  '',
  ' ',
  '7,5',
  true,
  [],
  {},
  [7],
  '1e3',
  '0x7',
  '٧',
  '9223372036854775808',
  '7_0',
  '7;',
];
const NO_DOUBLES = ['high', '', true, [], { a: 1 }, '1e400', 'nan', '1_0', '1,5', '٧', '0x1p3', "1'"];
const NO_TIMES = [
  'yesterday',
  '',
  '2026',
  '2026-13-01T00:00:00Z',
  '2026-02-30',
  12,
  true,
  [],
  {},
  'infinity',
  '-infinity',
  "2026-01-01'",
  '٢٠٢٦-01-01',
];

/** A record that a row could be made of. */
function valid(random: Random, nowMs: number): Record<string, unknown> {
  return {
    host: random.pick(TEXTS),
    event_time: new Date(nowMs - random.between(0, 86_400_000)).toISOString(),
    simulated: random.next() < 0.5,
    cores: Math.floor(random.between(1, 64)),
    cpu_pct: random.between(0, 100),
    [`unknown_${Math.floor(random.between(0, 9))}`]: random.pick<unknown>(TEXTS),
  };
}

const text = (random: Random, nowMs: number): string => JSON.stringify(valid(random, nowMs));
const changed = (random: Random, nowMs: number, change: Record<string, unknown>): string =>
  JSON.stringify({ ...valid(random, nowMs), ...change });
/** Puts text into an object's own, before its end. */
const inserted = (random: Random, nowMs: number, part: string): string =>
  `${text(random, nowMs).slice(0, -1)},${part}}`;
const nested = (depth: number): string => '{"a":['.repeat(depth) + ']}'.repeat(depth);

const KINDS: readonly Kind[] = [
  ['null', ['null_value'], () => null],
  ['empty', ['malformed_json'], () => ''],
  ['blank', ['malformed_json'], (random) => random.pick([' ', '\n', '\t\r\n', ' '.repeat(500)])],
  [
    'truncated',
    ['malformed_json', 'invalid_utf8'],
    (random, nowMs) => {
      const whole = Buffer.from(text(random, nowMs));
      return whole.subarray(0, Math.floor(random.between(1, whole.length)));
    },
  ],
  [
    'bad utf-8',
    ['invalid_utf8'],
    (random, nowMs) => {
      const whole = Buffer.from(changed(random, nowMs, { host: 'plain' }));
      const at = whole.indexOf('plain') + Math.floor(random.between(0, 6));
      return Buffer.concat([whole.subarray(0, at), random.pick(CUT_UTF8), whole.subarray(at)]);
    },
  ],
  [
    'random bytes',
    ['malformed_json', 'invalid_utf8', 'not_an_object'],
    (random) =>
      Buffer.from(Array.from({ length: Math.floor(random.between(1, 60)) }, () => Math.floor(random.between(0, 256)))),
  ],
  [
    'random brackets',
    ['malformed_json', 'not_an_object', 'missing_field'],
    (random) =>
      Array.from({ length: Math.floor(random.between(1, 40)) }, () =>
        random.pick('{ } [ ] : , " \\ 1 \n'.split(' ')),
      ).join(''),
  ],
  ['byte order mark', ['malformed_json'], (random, nowMs) => `\ufeff${text(random, nowMs)}`],
  ['utf-16', ['malformed_json', 'invalid_utf8'], (random, nowMs) => Buffer.from(text(random, nowMs), 'utf16le')],
  [
    'no object',
    ['not_an_object'],
    (random, nowMs) =>
      random.pick([
        '1',
        '-1.5e3',
        'null',
        'true',
        '"text"',
        '[]',
        `[${text(random, nowMs)}]`,
        JSON.stringify(text(random, nowMs)),
      ]),
  ],
  ['no token', ['malformed_json'], (random, nowMs) => inserted(random, nowMs, `"x":${random.pick(NO_TOKENS)}`)],
  [
    'no comma',
    ['malformed_json'],
    (random, nowMs) => text(random, nowMs).replace(',', random.pick([' ', ';', ',,', ':'])),
  ],
  [
    'comment',
    ['malformed_json'],
    (random, nowMs) => random.pick(['//x\n', '/*x*/', '#x\n', '--x\n']) + text(random, nowMs),
  ],
  [
    'two records',
    ['malformed_json'],
    (random, nowMs) =>
      text(random, nowMs) + random.pick(['\n', '\r\n', '', ' ', ',', '\0', '\u2028', '\x1e']) + text(random, nowMs),
  ],
  [
    'trailing',
    ['malformed_json'],
    (random, nowMs) => text(random, nowMs) + random.pick(['}', ']', 'x', '"', '{}', ' 1', '\n{', '\0', ',', ';']),
  ],
  [
    'line break in a text',
    ['malformed_json'],
    (random, nowMs) => changed(random, nowMs, { host: 'a~b' }).replace('~', random.pick(['\n', '\r', '\r\n'])),
  ],
  [
    'control character',
    ['malformed_json'],
    (random, nowMs) =>
      changed(random, nowMs, { host: 'a~b' }).replace('~', String.fromCharCode(Math.floor(random.between(0, 32)))),
  ],
  [
    'duplicate field',
    ['duplicate_field'],
    (random, nowMs) => {
      const column = random.pick(['host', 'event_time', 'cores', 'cpu_pct']);
      return inserted(
        random,
        nowMs,
        `${JSON.stringify(column)}:${JSON.stringify(random.pick<unknown>(['a', 1, null]))}`,
      );
    },
  ],
  ['duplicate field, escaped', ['duplicate_field'], (random, nowMs) => inserted(random, nowMs, '"h\\u006fst":"b"')],
  [
    'reserved field',
    ['reserved_field'],
    (random, nowMs) =>
      inserted(
        random,
        nowMs,
        `"${random.pick(['~o', '~t', '\\u007eo', '~\\u0074'])}":${Math.floor(random.between(0, 1e6))}`,
      ),
  ],
  ['reserved field alone', ['reserved_field'], (random) => `{"~o":${Math.floor(random.between(0, 1e6))}}`],
  [
    'required field missing',
    ['missing_field'],
    (random, nowMs) => changed(random, nowMs, { [random.pick(['host', 'event_time'])]: undefined }),
  ],
  [
    'required field null',
    ['missing_field'],
    (random, nowMs) => changed(random, nowMs, { [random.pick(['host', 'event_time'])]: null }),
  ],
  [
    'look-alike field',
    ['missing_field'],
    (random, nowMs) => {
      const { host, ...others } = valid(random, nowMs);
      return JSON.stringify({
        ...others,
        [random.pick(['hоst', 'Host', 'host ', 'ho\u200bst', 'host\0', '"host"'])]: host,
      });
    },
  ],
  ['nothing', ['missing_field'], (random) => random.pick(['{}', ' { } ', '{\n}'])],
  [
    'no whole number',
    ['wrong_type'],
    (random, nowMs) => changed(random, nowMs, { [random.pick(INT_COLUMNS)]: random.pick<unknown>(NO_INTS) }),
  ],
  [
    'no number',
    ['wrong_type'],
    (random, nowMs) => changed(random, nowMs, { [random.pick(DOUBLE_COLUMNS)]: random.pick<unknown>(NO_DOUBLES) }),
  ],
  [
    'no boolean',
    ['wrong_type'],
    (random, nowMs) => changed(random, nowMs, { simulated: random.pick<unknown>(['maybe', 7, [], {}, '']) }),
  ],
  [
    'no time',
    ['wrong_type', 'event_time_too_old'],
    (random, nowMs) => changed(random, nowMs, { event_time: random.pick<unknown>(NO_TIMES) }),
  ],
  [
    'huge number',
    ['wrong_type'],
    (random, nowMs) =>
      inserted(
        random,
        nowMs,
        `"${random.pick(INT_COLUMNS.slice(1))}":${'9'.repeat(Math.floor(random.between(20, 400)))}`,
      ),
  ],
  [
    'huge exponent',
    ['wrong_type'],
    (random, nowMs) => inserted(random, nowMs, `"load_1":${random.pick(['1e400', '-1e999', `1${'0'.repeat(400)}`])}`),
  ],
  [
    'too old',
    ['event_time_too_old'],
    (random, nowMs) =>
      changed(random, nowMs, { event_time: new Date(nowMs - random.between(401, 9_000) * 86_400_000).toISOString() }),
  ],
  [
    'too new',
    ['event_time_too_new'],
    (random, nowMs) =>
      changed(random, nowMs, { event_time: new Date(nowMs + random.between(2, 90_000) * 86_400_000).toISOString() }),
  ],
  [
    'deep in a column',
    ['wrong_type', 'malformed_json'],
    (random, nowMs) => inserted(random, nowMs, `"load_5":${nested(Math.floor(random.between(1, 60)))}`),
  ],
  [
    'very deep',
    ['malformed_json', 'wrong_type'],
    (random, nowMs) => inserted(random, nowMs, `"load_5":${nested(Math.floor(random.between(400, 3_000)))}`),
  ],
  ['huge name', ['missing_field'], (random) => `{"${'k'.repeat(Math.floor(random.between(1_000, 20_000)))}":1}`],
  [
    'many names',
    ['missing_field'],
    (random) =>
      JSON.stringify(
        Object.fromEntries(
          Array.from({ length: Math.floor(random.between(50, 400)) }, (_, index) => [`n${index}`, index]),
        ),
      ),
  ],
];

/** How often a kind that is large is made: one in so many. */
const LARGE_EVERY = 40;
const LARGE = new Set(['very deep', 'huge name', 'many names']);
const KEYS = [null, '', 'web-1', '\0', '\ufeff', "';--", '\u202e'].map((key) =>
  key === null ? null : Buffer.from(key),
);

export const KIND_NAMES = KINDS.map(([kind]) => kind);

/** The malformed record of this number: always the same for the same seed and time. */
export function malformedRecord(seed: string, number: number, nowMs: number): FuzzedRecord {
  const random = new Random(`${seed}/${number}`);
  let [kind, reasons, make] = random.pick(KINDS);
  while (LARGE.has(kind) && random.next() > 1 / LARGE_EVERY) [kind, reasons, make] = random.pick(KINDS);
  const value = make(random, nowMs);
  return { kind, reasons, key: keyOf(random), value: typeof value === 'string' ? Buffer.from(value) : value };
}

/** A record that becomes a row, with its number in `load_1`, however odd its texts are. */
export function acceptableRecord(seed: string, number: number, nowMs: number): FuzzedRecord {
  const random = new Random(`${seed}/${number}`);
  const value = Buffer.from(changed(random, nowMs, { load_1: number }));
  return { kind: 'acceptable', reasons: [], key: keyOf(random), value };
}

function keyOf(random: Random): Buffer | null {
  if (random.next() < 0.0005) return Buffer.alloc(Math.floor(random.between(1_000, 100_000)), 'k');
  if (random.next() < 0.05) return random.pick(CUT_UTF8);
  return random.pick(KEYS);
}
