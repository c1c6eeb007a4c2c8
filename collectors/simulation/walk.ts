import { clamp, type Random } from './random.ts';

/** How long a walk takes to forget where it was. */
const MEMORY_S = 90;

/** A figure that wanders smoothly around 0, mostly within 1 and never beyond 2: an Ornstein-Uhlenbeck process, smoothed. */
export class Walk {
  readonly #random: Random;
  #target = 0;
  #value: number;

  constructor(random: Random) {
    this.#random = random;
    this.#target = random.between(-0.8, 0.8);
    this.#value = this.#target;
  }

  step(elapsedS: number): number {
    const share = clamp(elapsedS / MEMORY_S, 0, 1);
    this.#target = clamp(this.#target * (1 - share) + this.#random.normal() * 0.5 * Math.sqrt(2 * share), -2, 2);
    this.#value += (this.#target - this.#value) * clamp(elapsedS / 6, 0, 1);
    return this.#value;
  }
}
