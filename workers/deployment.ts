import type { Client } from '@temporalio/client';
import type { WorkerDeploymentOptions } from '@temporalio/worker';

const DEPLOYMENT = 'sluice';

/**
 * The version that a worker with this build of the workflows is of. Running workflows move on to a newer version by
 * themselves; stored histories are replayed in the tests, so that they can.
 */
export function deploymentOf(buildId: string): WorkerDeploymentOptions {
  return {
    version: { deploymentName: DEPLOYMENT, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  };
}

/** Makes this build the one that workflows run on: the worker that was started last decides. */
export async function makeCurrent(client: Client, buildId: string): Promise<void> {
  await client.workflowService.setWorkerDeploymentCurrentVersion({
    namespace: client.options.namespace,
    deploymentName: DEPLOYMENT,
    buildId,
    identity: client.options.identity,
    // Its first poll may not have come in yet.
    allowNoPollers: true,
    ignoreMissingTaskQueues: true,
  });
}
