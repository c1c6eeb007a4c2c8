import { execFileSync, spawnSync } from 'node:child_process';

/** Set by `npm run faults`, which runs in a network of its own: there a cut touches nobody else. */
export const OWN_NETWORK = process.env['SLUICE_FAULTS_OWN_NETWORK'] === 'true';

/**
 * Cuts the answers of whoever listens on these ports: what is sent there arrives and takes effect, nothing comes back, not
 * even an acknowledgement; connections stay, and new ones are never completed. (A routing rule by source port, in place of
 * a firewall, since any Linux with iproute2 has it.)
 * @returns what heals it
 */
export function cutNetwork(ports: readonly number[]): () => void {
  if (!OWN_NETWORK) throw new Error('the network is shared: run this by `npm run faults`');
  // Else loopback is looked up first, whatever other rules say.
  if (spawnSync('ip', ['rule', 'del', 'pref', '0']).status === 0) ip('rule', 'add', 'pref', '100', 'lookup', 'local');
  for (const port of ports) rule('add', port);
  return () => {
    for (const port of ports) rule('del', port);
  };
}

function rule(change: 'add' | 'del', port: number): void {
  ip('rule', change, 'pref', '10', 'ipproto', 'tcp', 'sport', String(port), 'blackhole');
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args);
}
