import { createHmac } from 'node:crypto';
import { AccessToken } from './token.ts';

/**
 * What Temporal's web UI is given to have payloads decoded. It sends nothing but the address that it was given, so this
 * stands in that address: it follows from the dashboard's token, opens nothing else, and that token cannot be had from it.
 */
export function codecToken(token: AccessToken): AccessToken {
  return new AccessToken(createHmac('sha256', token.text).update('sluice codec server').digest('base64url'));
}
