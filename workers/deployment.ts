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

/**
 * Makes this build the one that workflows run on: the worker that was started last decides. Where it is that already, nothing
 * is set: that takes Temporal ten times as much as to say so.
 */
export async function makeCurrent(client: Client, buildId: string): Promise<void> {
  if ((await currentBuild(client)) === buildId) return;
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

/** Undefined where there is none, or it can't be told: setting one then says more. */
async function currentBuild(client: Client): Promise<string | null | undefined> {
  const { namespace } = client.options;
  try {
    const { workerDeploymentInfo } = await client.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName: DEPLOYMENT,
    });
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId;
  } catch {
    return undefined;
  }
}
