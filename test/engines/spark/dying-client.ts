import { SparkEngine, type SparkEngineOptions } from '../../../engines/spark/spark-engine.ts';
import { KafkaCluster } from '../../../kafka/cluster.ts';
import { batchOf } from './batch-of.ts';

/** Writes a batch in a process of its own, to be killed while Spark is at it. */
const options = JSON.parse(process.argv[2] ?? '') as SparkEngineOptions & Parameters<typeof batchOf>[1];
const cluster = new KafkaCluster(options.kafka, 'dying');
const engine = await SparkEngine.open(cluster, options);
const { records, sequence, scratchFolder } = options;
await engine.write(await batchOf(cluster, { records, sequence, scratchFolder }));
