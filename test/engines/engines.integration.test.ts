import { afterAll, beforeAll } from 'vitest';
import { DuckDbEngine } from '../../engines/duckdb/duckdb-engine.ts';
import { Brokers } from '../kafka/brokers.ts';
import { describeEngine } from './conformance.ts';

let brokers: Brokers;

beforeAll(async () => {
  brokers = await Brokers.create();
  await brokers.start();
});

afterAll(() => brokers.stop());

describeEngine('DuckDB as an engine', { kafka: () => brokers.settings, open: (cluster) => DuckDbEngine.open(cluster) });
