import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outgoing } from '../collectors/record.ts';
import { parseDefinition } from '../definition/parse.ts';
import { freePorts } from '../infra/ports.ts';
import { Stack } from '../infra/stack.ts';
import { readSettings } from '../settings/settings.ts';
import type { Arena } from './contenders/contender.ts';
import type { BenchData } from './data/bench-data.ts';
import { fillTopic } from './data/fill-topic.ts';

const PARTITIONS = 3;
const SPAN_MS = 24 * 3_600_000;
const WRITE_CHARACTERS = 1024 ** 2;

/** Real services in a home of their own, and a topic with the data in it. */
export class BenchArena {
  readonly arena: Arena;
  readonly stack: Stack;
  /** What names its services to another process. */
  readonly environment: Readonly<Record<string, string>>;

  private constructor(arena: Arena, stack: Stack, environment: Readonly<Record<string, string>>) {
    this.arena = arena;
    this.stack = stack;
    this.environment = environment;
  }

  static async start(
    data: BenchData,
    records: number,
    progress: (line: string) => void,
    further: Readonly<Record<string, string>> = {},
  ): Promise<BenchArena> {
    const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
    const tablesFolder = join(home, 'tables');
    mkdirSync(tablesFolder);
    const definition = parseDefinition(data.definition, `bench_${data.name}.yaml`);
    writeFileSync(join(tablesFolder, `${definition.table}.yaml`), data.definition);
    const ports = await freePorts();
    const environment = {
      SLUICE_HOME: home,
      SLUICE_TABLES: tablesFolder,
      SLUICE_CACHE: process.env['SLUICE_CACHE'] ?? '.sluice/cache',
      SLUICE_PORT_TEMPORAL: String(ports.temporal),
      SLUICE_PORT_TEMPORAL_UI: String(ports.temporalUi),
      SLUICE_PORT_KAFKA: String(ports.kafka),
      SLUICE_PORT_KAFKA_CONTROLLER: String(ports.kafkaController),
      SLUICE_PORT_METASTORE: String(ports.metastore),
      SLUICE_PORT_SPARK: String(ports.spark),
      ...further,
    };
    const settings = readSettings({ ...process.env, ...environment });
    const stack = await Stack.start(settings, { own: [], simulatedServers: 0, progress });
    const { topic } = definition.source;
    progress(`filling ${topic} with ${records} records`);
    // Whole hours, none of them older than Kafka keeps.
    const endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const made = keepLines(data.records(records, SPAN_MS, endMs), join(home, `${topic}.ndjson`));
    await fillTopic(settings.kafka.brokers, topic, PARTITIONS, made.records);
    await made.written();
    const servicePids = ['temporal', 'metastore'].map((name) => stack.component(name).pid ?? 0);
    const arena = { settings, definition, definitionText: data.definition, topic, partitions: PARTITIONS, records };
    return new BenchArena({ ...arena, servicePids }, stack, environment);
  }

  /** An empty folder for a contender's run. */
  folder(name: string): string {
    const folder = join(this.arena.settings.home, 'runs', name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    rmSync(this.arena.settings.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The records as they go to the topic, and on the way into a file of JSON lines. */
function keepLines(
  records: Iterable<Outgoing>,
  path: string,
): { records: Iterable<Outgoing>; written(): Promise<void> } {
  const file = createWriteStream(path);
  let lines = '';
  function* kept(): Generator<Outgoing> {
    for (const record of records) {
      lines += `${record.value}\n`;
      if (lines.length > WRITE_CHARACTERS) {
        file.write(lines);
        lines = '';
      }
      yield record;
    }
  }
  return {
    records: kept(),
    async written() {
      file.end(lines);
      await once(file, 'finish');
    },
  };
}
