import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { makeCurrent } from '../../workers/deployment.ts';

describe('the build that workflows run on', () => {
  it('is set where another one is current', async () => {
    expect(await setBy({ current: 'old' }, 'new')).toEqual(['new']);
  });

  it('is set where there is none, or Temporal can’t say', async () => {
    expect(await setBy({}, 'new')).toEqual(['new']);
    expect(await setBy('unknown', 'new')).toEqual(['new']);
  });

  it('is left alone where it is current already', async () => {
    expect(await setBy({ current: 'new' }, 'new')).toEqual([]);
  });
});

/** @returns the builds that are set, where Temporal says that of the deployment */
async function setBy(known: { readonly current?: string } | 'unknown', buildId: string): Promise<string[]> {
  const set: string[] = [];
  const workflowService = {
    describeWorkerDeployment() {
      if (known === 'unknown') return Promise.reject(new Error('not found'));
      const currentDeploymentVersion = known.current === undefined ? null : { buildId: known.current };
      return Promise.resolve({ workerDeploymentInfo: { routingConfig: { currentDeploymentVersion } } });
    },
    setWorkerDeploymentCurrentVersion(request: { readonly buildId: string }) {
      set.push(request.buildId);
      return Promise.resolve({});
    },
  };
  await makeCurrent({ workflowService, options: { namespace: 'default', identity: 'x' } } as never as Client, buildId);
  return set;
}
