import type { HealthRecord } from '../record.ts';
import { slotOf, SLOTS_PER_INTERVAL } from '../schedule.ts';
import { incidentEndMs, incidentFrom, type Severity } from './incident.ts';
import { Random } from './random.ts';
import { SimulatedServer, type Reference } from './server.ts';

/** One after another, troubles of a kind come over servers: one trouble at a time, with pauses between. */
interface Trouble {
  readonly kind: Severity | 'silence';
  nextAtMs: number;
}

/** Servers for each source of trouble of a kind. With these, of 200 servers a few are in trouble at any time. */
const SERVERS_A_TROUBLE = { warning: 40, critical: 100, silence: 200 } as const;
/** Longest pause between two of them. */
const PAUSE_S = { warning: 60, critical: 60, silence: 150 } as const;
const SILENCE_S = [20, 60] as const;

/** `count` simulated servers, `sim-001` and so on, and the troubles that come over them. */
export class Fleet {
  readonly #slots: readonly (readonly SimulatedServer[])[];
  readonly #servers: readonly SimulatedServer[];
  readonly #troubles: readonly Trouble[];
  readonly #silentUntilMs = new Map<SimulatedServer, number>();
  readonly #random = new Random('fleet');

  constructor(count: number, nowMs: number) {
    this.#servers = Array.from({ length: count }, (_, index) => new SimulatedServer(nameOf(index + 1, count), nowMs));
    this.#slots = Array.from({ length: SLOTS_PER_INTERVAL }, (_, slot) =>
      this.#servers.filter((_, index) => slotOf(index, count) === slot),
    );
    this.#troubles = (['warning', 'critical', 'silence'] as const).flatMap((kind) =>
      Array.from({ length: Math.round(count / SERVERS_A_TROUBLE[kind]) }, () => ({ kind, nextAtMs: nowMs })),
    );
    for (const trouble of this.#troubles) this.#begin(trouble, nowMs, this.#random.next());
  }

  /** Records of the servers whose turn it is; a silent one gives none. */
  step(slot: number, nowMs: number, reference: Reference): HealthRecord[] {
    for (const trouble of this.#troubles) if (nowMs >= trouble.nextAtMs) this.#begin(trouble, nowMs, 0);
    return (this.#slots[slot] ?? [])
      .filter((server) => nowMs >= (this.#silentUntilMs.get(server) ?? 0))
      .map((server) => server.step(nowMs, reference));
  }

  /** Begins the next trouble on some server that has none; at start, as if this share of it had passed. */
  #begin(trouble: Trouble, nowMs: number, passed: number): void {
    const free = this.#servers.filter((server) => server.isWell(nowMs) && !this.#isSilent(server, nowMs));
    if (free.length === 0) return;
    const server = this.#random.pick(free);
    const endMs =
      trouble.kind === 'silence' ? this.#silence(server, nowMs) : this.#harm(server, trouble.kind, nowMs, passed);
    trouble.nextAtMs = endMs + this.#random.next() * PAUSE_S[trouble.kind] * 1000;
  }

  #harm(server: SimulatedServer, severity: Severity, nowMs: number, passed: number): number {
    const whole = incidentFrom(this.#random, severity, nowMs);
    const incident = { ...whole, startMs: nowMs - passed * (whole.buildUpMs + whole.lastsMs) };
    server.suffer(incident);
    return incidentEndMs(incident);
  }

  #silence(server: SimulatedServer, nowMs: number): number {
    const untilMs = nowMs + this.#random.between(...SILENCE_S) * 1000;
    this.#silentUntilMs.set(server, untilMs);
    return untilMs;
  }

  #isSilent(server: SimulatedServer, nowMs: number): boolean {
    return nowMs < (this.#silentUntilMs.get(server) ?? 0);
  }
}

function nameOf(number: number, count: number): string {
  return `sim-${String(number).padStart(Math.max(3, String(count).length), '0')}`;
}
