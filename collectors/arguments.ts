import { parseArgs } from 'node:util';
import { SluiceError } from '../errors/sluice-error.ts';

export interface CollectorOptions {
  readonly help: boolean;
  readonly topic: string;
  /** Simulated servers beside this machine. */
  readonly simulate: number;
  readonly intervalMs: number;
  readonly spoolMaxBytes: number;
  /** Print the records instead of producing them. */
  readonly stdout: boolean;
}

export const DEFAULT_TOPIC = 'server-health';
export const DEFAULT_INTERVAL_MS = 1_000;
export const SHORTEST_INTERVAL_MS = 100;
export const LONGEST_INTERVAL_MS = 3_600_000;
export const DEFAULT_SPOOL_MAX_BYTES = 256 * 1024 ** 2;
/** Below this, a segment of the spool would hold but a few records. */
export const SMALLEST_SPOOL_MAX_BYTES = 64 * 1024;
export const MAX_SIMULATED_SERVERS = 10_000;

export const USAGE = `Usage: node collectors/main.ts [options]

Reads this Linux machine's health once a second and produces it to Kafka, as JSON keyed by host.

  --topic <name>             topic to produce to (default: ${DEFAULT_TOPIC})
  --simulate <n>             add n simulated servers, sim-001 to sim-n (default: 0, at most ${MAX_SIMULATED_SERVERS})
  --interval <time>          time between two readings of one server, as 500ms, 1s or 1m (default: 1s)
  --spool-max-bytes <size>   most that the spool may take on disk while Kafka is away, as 64MiB (default: 256MiB)
  --stdout                   print the records, one JSON object a line, instead of producing them
  --help                     show this

Kafka is found by KAFKA_BROKERS and the other KAFKA_ variables; the spool lies in SLUICE_HOME/spool/collector.
`;

/** Of those, what only says how records get to Kafka. */
const KAFKAS_OPTIONS = ['topic', 'spool-max-bytes'] as const;

/** @throws SluiceError USAGE */
export function readArguments(args: readonly string[]): CollectorOptions {
  const values = parse(args);
  const stdout = values.stdout ?? false;
  const useless = stdout ? KAFKAS_OPTIONS.find((name) => values[name] !== undefined) : undefined;
  if (useless !== undefined) throw usage(`--stdout: records go to no topic, so --${useless} has no meaning.`);
  return {
    help: values.help ?? false,
    topic: topicOf(values.topic ?? DEFAULT_TOPIC),
    simulate: countOf(values.simulate ?? '0'),
    intervalMs: values.interval === undefined ? DEFAULT_INTERVAL_MS : intervalOf(values.interval),
    spoolMaxBytes:
      values['spool-max-bytes'] === undefined ? DEFAULT_SPOOL_MAX_BYTES : spoolSizeOf(values['spool-max-bytes']),
    stdout,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        topic: { type: 'string' },
        simulate: { type: 'string' },
        interval: { type: 'string' },
        'spool-max-bytes': { type: 'string' },
        stdout: { type: 'boolean' },
      },
    }).values;
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Kafka's own rule for the names of topics. */
function topicOf(text: string): string {
  if (!/^[\w.-]{1,249}$/.test(text) || text === '.' || text === '..') {
    throw usage(`--topic: "${text}" is not a topic's name.`);
  }
  return text;
}

function countOf(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(count <= MAX_SIMULATED_SERVERS)) {
    throw usage(`--simulate: "${text}" is not a number from 0 to ${MAX_SIMULATED_SERVERS}.`);
  }
  return count;
}

const TIME_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

function intervalOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(digits) * (TIME_UNITS_MS[unit] ?? NaN);
  if (!(ms >= SHORTEST_INTERVAL_MS && ms <= LONGEST_INTERVAL_MS)) {
    throw usage(`--interval: "${text}" is not a time between 100ms and 60m, such as 1s.`);
  }
  return ms;
}

const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

function spoolSizeOf(text: string): number {
  const [, digits, unit = '?'] = /^(\d+)(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const bytes = Number(digits) * (SIZE_UNITS_BYTES[unit] ?? NaN);
  if (!(bytes >= SMALLEST_SPOOL_MAX_BYTES && Number.isSafeInteger(bytes))) {
    throw usage(`--spool-max-bytes: "${text}" is not a size of 64KiB or more, such as 256MiB.`);
  }
  return bytes;
}

function usage(message: string, cause?: unknown): SluiceError {
  return new SluiceError('USAGE', message, { remedy: 'See --help.', cause });
}
