import { outgoing, type Outgoing } from '../../collectors/record.ts';
import { Fleet } from '../../collectors/simulation/fleet.ts';
import { Random } from '../../collectors/simulation/random.ts';
import { SLOTS_PER_INTERVAL } from '../../collectors/schedule.ts';
import { NARROW_TABLE, WIDE_TABLE } from './bench-tables.ts';

/** Records of one shape, the same for the same seed, and the table that takes them. */
export interface BenchData {
  readonly name: 'narrow' | 'wide';
  /** The text of the table's definition file. */
  readonly definition: string;
  /** `count` records in order of time, spread evenly over the `spanMs` that end at `endMs`. */
  records(count: number, spanMs: number, endMs: number): Generator<Outgoing>;
}

const HOSTS = 200;
const STATES = ['ok', 'ok', 'ok', 'ok', 'degraded', 'maintenance'] as const;

/** Nine fields in about 168 bytes: the records that Sluice and its peers were first compared with. */
export const NARROW: BenchData = {
  name: 'narrow',
  definition: NARROW_TABLE,
  *records(count, spanMs, endMs) {
    const random = new Random('narrow');
    const startMs = endMs - spanMs;
    for (let index = 0; index < count; index += 1) {
      const timestampMs = startMs + Math.floor((index / count) * spanMs);
      const host = `server-${String(1 + (index % HOSTS)).padStart(4, '0')}`;
      const value = JSON.stringify({
        host,
        ts: new Date(timestampMs).toISOString(),
        cpu_pct: hundredths(random.between(0, 100)),
        mem_pct: hundredths(random.between(20, 95)),
        load1: hundredths(random.between(0, 16)),
        disk_pct: hundredths(random.between(5, 98)),
        net_rx: Math.floor(random.between(0, 1e9)),
        net_tx: Math.floor(random.between(0, 1e9)),
        status: random.pick(STATES),
      });
      yield { key: host, value, timestampMs };
    }
  },
};

/** The real health record of a server, 33 fields in some 900 bytes, as the collector's simulation makes it. */
export const WIDE: BenchData = {
  name: 'wide',
  definition: WIDE_TABLE,
  *records(count, spanMs, endMs) {
    const fleet = new Fleet(HOSTS, endMs - spanMs);
    const stepMs = Math.max(1, (spanMs * HOSTS) / count);
    let made = 0;
    for (let nowMs = endMs - spanMs; made < count; nowMs += stepMs) {
      for (let slot = 0; slot < SLOTS_PER_INTERVAL && made < count; slot += 1) {
        const slotMs = Math.floor(nowMs + (slot * stepMs) / SLOTS_PER_INTERVAL);
        for (const record of fleet.step(slot, slotMs, {}).slice(0, count - made)) {
          made += 1;
          yield outgoing(record);
        }
      }
    }
  },
};

export const BENCH_DATA: Readonly<Record<string, BenchData>> = { narrow: NARROW, wide: WIDE };

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
