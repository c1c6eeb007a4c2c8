import { HOURS, type MemoryTopic } from '../services/memory-topic.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';

const LONGEST_PAUSE_MS = 2_000;
const MOST_RECORDS_AT_ONCE = 6;
/** Appends after which event times come to another hour. */
const APPENDS_AN_HOUR = 6;

/** Fills a topic: records good and bad, transactions that commit or abort, markers, offsets that are never used. */
export async function produce(world: World, process: SimulatedProcess, topic: MemoryTopic): Promise<void> {
  const { random } = world.scheduler;
  for (let turn = 0; turn < world.shape.appends; turn += 1) {
    await process.clock.sleep(Math.floor(random.next() * LONGEST_PAUSE_MS));
    const partition = Math.floor(random.next() * topic.partitionCount);
    const records = Math.ceil(random.next() * MOST_RECORDS_AT_ONCE);
    await process.step({
      label: `append ${records} to ${topic.name} ${partition}`,
      changes: true,
      effect: () => {
        for (let count = 0; count < records; count += 1) {
          const late = Math.floor(random.next() * 2);
          const hour = Math.max(0, Math.floor(turn / APPENDS_AN_HOUR) - late) % HOURS;
          topic.append(partition, { hour, bad: random.next() < 0.2 });
        }
        if (random.next() < 0.2) topic.skip(partition);
        if (random.next() < 0.75) topic.commit(partition);
        else if (random.next() < 0.3) topic.abort(partition);
      },
    });
    if (random.next() < world.shape.expiring) await expireSome(world, process, topic, partition);
    if (random.next() < world.shape.partitionAdded) {
      await process.step({
        label: `add a partition to ${topic.name}`,
        changes: true,
        effect: () => topic.addPartition(),
      });
    }
  }
}

/** Retention overtakes ingestion. Not before the first batch, which begins with what there is. */
async function expireSome(
  world: World,
  process: SimulatedProcess,
  topic: MemoryTopic,
  partition: number,
): Promise<void> {
  const { sequence } = world.watch(topic.name);
  const end = Number(topic.offsets().get(partition)?.lastStable ?? 0);
  const before = end - Math.floor(world.scheduler.random.next() * MOST_RECORDS_AT_ONCE);
  if (sequence === 0 || before <= 0) return;
  await process.step({
    label: `expire ${topic.name} ${partition} before ${before}`,
    changes: true,
    effect: () => topic.expire(partition, before),
  });
}
