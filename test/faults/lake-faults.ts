import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BUCKET, ENVIRONMENT, LocalS3 } from '../lake/storage/s3/local-s3.ts';
import { TableUnderLoad } from './table-under-load.ts';

const DISK_MIB = 64;
const PAUSE_MS = 15_000;

/** Faults of where the lake lies, each with a stack of its own. */
export function testLakes(): void {
  describe('a lake on a small disk', () => {
    let table: TableUnderLoad;
    const disk = mkdtempSync(join(tmpdir(), 'sluice-disk-'));

    beforeAll(async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'sluice-test', disk]);
      table = await TableUnderLoad.start({ environment: { SLUICE_LAKE: `file://${disk}/lake` } });
    });

    afterAll(async () => {
      await table.stop();
      execFileSync('umount', ['--lazy', disk]);
      rmSync(disk, { recursive: true });
    });

    it('the disk is full, and gets room again', async () => {
      await table.run('worker');
      await table.recovered();
      const filler = join(disk, 'filler');
      fill(filler);
      const { state } = await table.told('disk is full');
      expect(state).toBe('Degraded');
      rmSync(filler);
      await table.judge();
    });
  });

  describe('a lake in S3', () => {
    let s3: LocalS3;
    let table: TableUnderLoad;

    beforeAll(async () => {
      s3 = await LocalS3.start();
      const environment = { ...ENVIRONMENT, AWS_ENDPOINT_URL_S3: s3.url };
      for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
      table = await TableUnderLoad.start({ environment: { ...environment, SLUICE_LAKE: `s3://${BUCKET}/lake` } });
    });

    afterEach(async () => table.stopProcesses());

    afterAll(async () => {
      await table.stop();
      await s3.stop();
      vi.unstubAllEnvs();
    });

    it('kill -9 of the S3 server', async () => {
      await table.run('worker');
      await table.recovered();
      await s3.crash();
      await sleep(PAUSE_MS);
      await s3.startAgain();
      await table.judge();
    });

    it('SIGSTOP of the S3 server, and SIGCONT', async () => {
      await table.run('worker');
      await table.recovered();
      s3.signal('SIGSTOP');
      await sleep(PAUSE_MS);
      s3.signal('SIGCONT');
      await table.judge();
    });

    it.each(['write', 'seal', 'commit', 'publish'])(
      'kill -9 of the S3 server while a worker stands at %s',
      async (step) => {
        const worker = table.runFaulty('worker', `${step}:before:hang:4000`);
        await worker.struck(PAUSE_MS * 4);
        await s3.crash();
        await sleep(PAUSE_MS);
        await s3.startAgain();
        await table.judge();
      },
    );
  });
}

/** Takes all that is left of the disk. */
function fill(path: string): void {
  const part = Buffer.alloc(256 * 1024);
  try {
    for (;;) writeFileSync(path, part, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
