import {
  type MetricCounter,
  type MetricGauge,
  type MetricHistogram,
  type MetricMeter,
  type MetricTags,
  noopMetricMeter,
} from '@temporalio/common';

/** The meter of Temporal's runtime, with each instrument made once: one port has what Sluice and the runtime measure. */
export class Instruments {
  readonly #meter: MetricMeter;
  readonly #counters = new Map<string, MetricCounter>();
  readonly #gauges = new Map<string, MetricGauge>();
  readonly #histograms = new Map<string, MetricHistogram>();

  constructor(meter: MetricMeter = noopMetricMeter) {
    this.#meter = meter;
  }

  /** The runtime adds `_total` to the name. */
  count(name: string, description: string, value: number, tags: MetricTags): void {
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = this.#meter.createCounter(name, undefined, description);
      this.#counters.set(name, counter);
    }
    counter.add(value, tags);
  }

  gauge(name: string, description: string, value: number, tags: MetricTags): void {
    let gauge = this.#gauges.get(name);
    if (gauge === undefined) {
      gauge = this.#meter.createGauge(name, 'float', undefined, description);
      this.#gauges.set(name, gauge);
    }
    gauge.set(value, tags);
  }

  seconds(name: string, description: string, ms: number, tags: MetricTags): void {
    let histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      histogram = this.#meter.createHistogram(name, 'float', undefined, description);
      this.#histograms.set(name, histogram);
    }
    histogram.record(Math.max(0, ms) / 1000, tags);
  }
}
