import { DiskWatch } from './disk-space.ts';
import { figuresOf } from './figures.ts';
import { readMounts, takeReading, type Reading } from './reading.ts';
import { outgoing, type HealthRecord, type Outgoing } from './record.ts';
import { Fleet } from './simulation/fleet.ts';

/** The slot in which this machine itself is read. */
const OWN_SLOT = 0;

/** Everything that one collector collects: this machine, and the simulated servers that follow it. */
export class Collection {
  readonly #host: string;
  readonly #fleet: Fleet;
  readonly #disks = new DiskWatch();
  #before: Reading | undefined;
  #own: HealthRecord | undefined;
  #taken = 0;

  constructor(host: string, simulated: number) {
    this.#host = host;
    this.#fleet = new Fleet(simulated, Date.now());
    void this.#disks.refresh(readMounts());
  }

  /** Records taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes the readings that are due in this slot, now. */
  take(slot: number): Outgoing[] {
    const own = slot === OWN_SLOT ? [this.#readOwn()] : [];
    const records = [...own, ...this.#fleet.step(slot, Date.now(), this.#own ?? {})].map(outgoing);
    this.#taken += records.length;
    return records;
  }

  #readOwn(): HealthRecord {
    const reading = takeReading(this.#disks.current);
    this.#own = figuresOf(this.#host, this.#before, reading);
    this.#before = reading;
    void this.#disks.refresh(readMounts());
    return this.#own;
  }
}
