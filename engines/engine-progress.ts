import type { EngineName } from '../definition/table-definition.ts';

/** How far an engine is with what it was asked for, by its own account. */
export interface EngineProgress {
  readonly engine: EngineName;
  readonly stages: number;
  readonly stagesDone: number;
  readonly tasks: number;
  readonly tasksDone: number;
  readonly tasksRunning: number;
  /** Bytes that its tasks say they have read; 0 from a source that does not count them, as Kafka's of Spark. */
  readonly readBytes: number;
}

const NAMES: Readonly<Record<EngineName, string>> = { duckdb: 'DuckDB', spark: 'Spark' };
const MIB = 1024 ** 2;

/** For who looks at the Temporal UI. */
export function progressInWords(progress: EngineProgress): string {
  const { engine, stages, stagesDone, tasks, tasksDone, tasksRunning, readBytes } = progress;
  const read = readBytes === 0 ? '' : `, ${(readBytes / MIB).toFixed(1)} MiB read`;
  return `${NAMES[engine]}: ${stagesDone} of ${stages} stages and ${tasksDone} of ${tasks} tasks done, ${tasksRunning} running${read}`;
}
