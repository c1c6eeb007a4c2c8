import { noopMetricMeter } from '@temporalio/common';
import { Instruments } from '../../activities/instruments.ts';

/** Keeps what is measured, in the order that it comes; the running stack's test reads it from the real runtime's port. */
export class KeptInstruments extends Instruments {
  readonly kept: [string, number, Record<string, unknown>][] = [];

  constructor() {
    super(noopMetricMeter);
  }

  override count(name: string, _: string, value: number, tags: Record<string, unknown>): void {
    if (value > 0) this.kept.push([name, value, tags]);
  }

  override gauge(name: string, _: string, value: number, tags: Record<string, unknown>): void {
    this.kept.push([name, value, tags]);
  }

  override seconds(name: string, _: string, ms: number, tags: Record<string, unknown>): void {
    this.kept.push([name, ms, tags]);
  }
}
