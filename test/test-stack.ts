import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../infra/ports.ts';
import { Stack, type StackOptions } from '../infra/stack.ts';
import { readSettings, type Settings } from '../settings/settings.ts';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));

/** A test looks after the table itself, when it wants to. */
const UNSCHEDULED = 'schedules: { compaction: off, vacuum: off, retention: off, quick_audit: off, full_audit: off }\n';

/** The real stack in a home and on ports of its own, beside whatever else is up. */
export interface TestStack {
  readonly stack: Stack;
  readonly settings: Settings;
  /** What Sluice's own processes get besides this process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startTestStack(
  options: Pick<StackOptions, 'own'> & {
    readonly simulatedServers?: number;
    /** Changes to the table's definition, as it is before anything reads it. */
    readonly defined?: (text: string) => string;
    /** Further definitions, by table. */
    readonly tables?: Readonly<Record<string, string>>;
    /** Further variables of Sluice's own. */
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<TestStack> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const ports = await freePorts();
  const tables = join(home, 'tables');
  mkdirSync(tables);
  const given = readFileSync(join(PROJECT, 'tables', 'server_health.yaml'), 'utf8');
  writeFileSync(join(tables, 'server_health.yaml'), (options.defined ?? ((text) => text))(`${given}${UNSCHEDULED}`));
  for (const [table, text] of Object.entries(options.tables ?? {})) writeFileSync(join(tables, `${table}.yaml`), text);
  const environment = {
    SLUICE_HOME: home,
    SLUICE_CACHE: process.env['SLUICE_CACHE'] ?? join(PROJECT, '.sluice', 'cache'),
    SLUICE_TABLES: tables,
    SLUICE_PORT_TEMPORAL: String(ports.temporal),
    SLUICE_PORT_TEMPORAL_UI: String(ports.temporalUi),
    SLUICE_PORT_KAFKA: String(ports.kafka),
    SLUICE_PORT_KAFKA_CONTROLLER: String(ports.kafkaController),
    SLUICE_PORT_METASTORE: String(ports.metastore),
    SLUICE_PORT_DASHBOARD: String(ports.dashboard),
    SLUICE_PORT_METRICS: String(ports.metrics),
    SLUICE_PORT_SPARK: String(ports.spark),
    SLUICE_PORT_HDFS: String(ports.hdfs),
    ...options.environment,
  };
  const settings = readSettings(environment, PROJECT);
  const simulatedServers = options.simulatedServers ?? 0;
  const stack = await Stack.start(settings, {
    own: options.own,
    simulatedServers,
    environment,
    progress: (line) => process.stderr.write(`  ${line}\n`),
  });
  return {
    stack,
    settings,
    environment,
    async stop() {
      await stack.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
