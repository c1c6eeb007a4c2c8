/**
 * A health table that grows by one commit a second, to look at the dashboard with:
 *   node test/dashboard/live-writer.ts <folder> [hosts] [minutes of past]
 */
import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Figures, TableWriter } from './table-writer.ts';

const [folder = '', hosts = '200', pastMinutes = '10'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const writer = await TableWriter.open(pathToFileURL(folder).href, Number(hosts));

/** A few servers in trouble, for the page to have something to say. */
function troubles(ms: number): Record<string, Figures> {
  const minute = Math.floor(ms / 60_000);
  return {
    [writer.host(13)]: { memory_pct: 96.4 + Math.sin(ms / 5000), pressure_memory_pct: 22 },
    [writer.host(41)]: { disk_pct: 88.2, disk_mount: '/var' },
    ...(minute % 7 < 3
      ? { [writer.host(86)]: { cpu_pct: 98.6, cpu_user_pct: 71, cpu_system_pct: 24, load_1: 21 } }
      : {}),
  };
}

const startMs = Math.floor(Date.now() / 1000) * 1000;
for (let ms = startMs - Number(pastMinutes) * 60_000; ms < startMs; ms += 30_000) {
  await writer.write({ fromMs: ms, toMs: Math.min(startMs, ms + 30_000) - 1000 }, { figures: troubles(ms) });
}
let publishedTo = writer.log.snapshot.version;
for (let ms = startMs; ; ms += 1000) {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, ms + 350 - Date.now())));
  const silent = ms - startMs > 5_000 ? [writer.host(57)] : [];
  const published = [{ version: publishedTo, atMs: Date.now() - 400 }];
  publishedTo = await writer.write({ fromMs: ms, toMs: ms }, { figures: troubles(ms), without: silent, published });
}
