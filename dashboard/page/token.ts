/**
 * The dashboard's token: it comes once, in the address's fragment, as `sluice dashboard` prints it, and stays in this
 * tab until it is closed. It is imported before everything else, so that no other part sees it in the address.
 */
import type { ActionAnswer, ApiError } from '../api/wire.ts';

const KEY = 'sluice-token';

takeFromAddress();

function takeFromAddress(): void {
  const given = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (given === null) return;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, '', window.location.pathname + window.location.search);
}

/** Whether this tab has a token, be it the right one or not. */
export function hasToken(): boolean {
  return sessionStorage.getItem(KEY) !== null;
}

/** What a request to the API sends along. */
export function authorization(): Record<string, string> {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Asks the API once. */
export async function read<T>(address: string): Promise<T | ApiError> {
  try {
    return (await (await fetch(address, { headers: authorization() })).json()) as T | ApiError;
  } catch {
    const message = 'The dashboard does not answer.';
    return { error: { code: 'UNREACHABLE', message, remedy: 'Ask again once it does.' } };
  }
}

/** Asks for an action; `body` has at least `table` and `by`. What it is answered says what became of it. */
export async function act(name: string, body: Record<string, unknown>): Promise<ActionAnswer | ApiError> {
  try {
    const response = await fetch(`/api/v1/actions/${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { ...authorization(), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as ActionAnswer | ApiError;
  } catch {
    const message = 'The dashboard does not answer, so it is not known whether this was done.';
    return { error: { code: 'INTERNAL', message, remedy: 'Look at the list of actions once it answers again.' } };
  }
}
