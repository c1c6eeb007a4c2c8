import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, it } from 'vitest';
import { workflowBundle } from '../../workers/workflow-bundle.ts';

const HISTORIES = new URL('../histories/', import.meta.url).pathname;

interface History {
  readonly events: [{ readonly workflowExecutionStartedEventAttributes: { readonly workflowId: string } }];
}

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
});

/** Histories of real runs: a change of the workflow that would break a running one fails here. */
it.each(readdirSync(HISTORIES))('replays %s', async (name) => {
  const history = JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')) as History;
  const bundle = await workflowBundle(join(tmpdir(), 'sluice-test-bundles'));
  const workflowId = history.events[0].workflowExecutionStartedEventAttributes.workflowId;
  await expect(Worker.runReplayHistory({ workflowBundle: bundle }, history, workflowId)).resolves.toBeUndefined();
});
