import { ActionLog, type ActionRequest } from '../lake/action-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Settings } from '../settings/settings.ts';

/** Does what an operator asks for, and has the lake keep who, when and what. */
export async function recorded<T>(
  settings: Settings,
  asked: Omit<ActionRequest, 'via'>,
  run: () => Promise<T>,
): Promise<T> {
  const { id, result } = await new ActionLog(openStorage(settings)).record({ ...asked, via: 'cli' }, run);
  if (id === null) console.error('The lake did not take the record of this; Temporal’s history has it.');
  return result;
}
