import { loadDefinitions } from '../definition/load.ts';
import { ensureTopic } from '../kafka/admin.ts';
import { dashboardUrl } from '../settings/dashboard-settings.ts';
import type { Settings } from '../settings/settings.ts';
import type { Component, Progress, Task } from './component.ts';
import { flumeAgent } from './flume-agent.ts';
import { hdfs } from './hdfs.ts';
import { hiveMetastore } from './hive-metastore.ts';
import { kafkaBrokers } from './kafka-brokers.ts';
import { type OwnProcess, ownProcesses } from './own-processes.ts';
import { sparkConnect } from './spark-connect.ts';
import { sparkProtocol } from './spark-protocol.ts';
import type { StackAddresses } from './stack-record.ts';
import { temporalServer } from './temporal-server.ts';

const TOPIC_PARTITIONS = 3;
const TOPIC_REPLICATION = 3;

/** What a stack has only where it is asked for. */
export const EXTRAS = ['flume'] as const;
export type Extra = (typeof EXTRAS)[number];

export interface StackSelection {
  /** Sluice's own processes to run beside the services. */
  readonly own: readonly OwnProcess[];
  /** `flume`: an agent that collects, to be run in the place of our own collector. */
  readonly extras?: readonly Extra[];
  readonly simulatedServers: number;
  readonly progress?: Progress;
  /** For Sluice's own processes, beside this process's environment: tests keep their settings there. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * All that a stack is made of, what is needed before what needs it; what is given is not in it.
 * @throws SluiceError DEFINITION_INVALID
 */
export function stackParts(settings: Settings, selection: StackSelection): (Component | Task)[] {
  const { kafka, temporal, metastore, tablesFolder } = settings;
  const { own, extras = [], simulatedServers, environment = {} } = selection;
  const topic = loadDefinitions(tablesFolder)[0]?.source.topic ?? 'server-health';
  const processes = ownProcesses(settings, { topic, simulatedServers, environment });
  return [
    ...(settings.hdfs?.given === false ? hdfs(settings) : []),
    ...(temporal.given ? [] : [temporalServer(settings)]),
    ...(kafka.given ? [] : [...kafkaBrokers(settings), topics(settings)]),
    ...(metastore.given ? [] : [hiveMetastore(settings)]),
    ...sparkParts(settings, selection),
    ...own.map((name) => processes[name]),
    ...(extras.includes('flume') ? [flumeAgent(settings, { topic, simulatedServers })] : []),
  ];
}

/** Spark, where a table or who starts it asks for it. */
function sparkParts(settings: Settings, { progress = () => undefined }: StackSelection): (Component | Task)[] {
  const wanted =
    settings.engine ?? loadDefinitions(settings.tablesFolder).find(({ engine }) => engine === 'spark')?.engine;
  if (wanted !== 'spark') return [];
  return [settings.spark.given ? sparkProtocol(settings, progress) : sparkConnect(settings)];
}

/** Makes the topics of all tables in brokers that are ours. */
function topics(settings: Settings): Task {
  return {
    name: 'topics',
    needs: kafkaBrokers(settings).map(({ name }) => name),
    async run() {
      for (const { source } of loadDefinitions(settings.tablesFolder)) {
        const { topic } = source;
        const replication = { partitions: TOPIC_PARTITIONS, replicationFactor: TOPIC_REPLICATION };
        await ensureTopic(settings.kafka, { topic, ...replication });
      }
    },
  };
}

/** Where to look at what the selection runs. */
export function addressesOf({ dashboard, temporal, lakeUri }: Settings, { own }: StackSelection): StackAddresses {
  return {
    dashboard: own.includes('dashboard') ? dashboardUrl(dashboard) : null,
    temporalUi: temporal.uiUrl,
    lake: lakeUri,
  };
}

export function isComponent(part: Component | Task): part is Component {
  return 'command' in part;
}
