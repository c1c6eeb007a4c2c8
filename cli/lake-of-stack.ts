import { StackRecord } from '../infra/stack-record.ts';
import { homeOf } from '../settings/settings.ts';

/**
 * Where nobody says which lake, a command looks at that of the stack that runs in its home: else it would show an empty
 * folder's tables beside the one that is up.
 */
export function takeLakeOfStack(environment: NodeJS.ProcessEnv): void {
  if (environment['SLUICE_LAKE']) return;
  const lake = new StackRecord(homeOf(environment)).supervisor()?.addresses.lake;
  if (lake !== undefined) environment['SLUICE_LAKE'] = lake;
}
