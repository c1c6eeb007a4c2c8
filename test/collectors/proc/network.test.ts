import { expect, test } from 'vitest';
import { countedInterfaces, networkRates, parseNetwork } from '../../../collectors/proc/network.ts';

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  eth0: 1175579661   39767    0    0    0     0          0         0  3375430   26837    0    0    0     0       0          0
docker0:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0
eth0.100: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0
`;

test('every interface but the loopback; a number may touch the colon', () => {
  expect([...parseNetwork(NET_DEV)]).toEqual([
    ['eth0', { receivedBytes: 1_175_579_661, transmittedBytes: 3_375_430 }],
    ['docker0', { receivedBytes: 7, transmittedBytes: 8 }],
    ['eth0.100', { receivedBytes: 5, transmittedBytes: 6 }],
  ]);
});

test.each(['', 'Inter-| Receive\n', 'eth0: 1 2 3\n'])('no interfaces in %j', (text) => {
  expect(parseNetwork(text).size).toBe(0);
});

test('where there is hardware, only that counts; in a container all do', () => {
  const all = parseNetwork(NET_DEV);
  expect([...countedInterfaces(all, new Set(['eth0'])).keys()]).toEqual(['eth0']);
  expect(countedInterfaces(all, new Set()).size).toBe(3);
});

const counters = (receivedBytes: number, transmittedBytes: number) => ({ receivedBytes, transmittedBytes });

test('rates by the time that really passed, over the interfaces in both readings', () => {
  const before = new Map([['a', counters(0, 100)]]);
  const after = new Map([
    ['a', counters(500, 100)],
    ['b', counters(1e9, 1e9)],
  ]);
  expect(networkRates(before, after, 500)).toEqual({
    network_receive_bytes_per_s: 1000,
    network_transmit_bytes_per_s: 0,
  });
});

test('no figure where a counter went back, nothing is in both readings, or no time passed', () => {
  const before = new Map([['a', counters(2 ** 32 - 1, 5)]]);
  expect(networkRates(before, new Map([['a', counters(10, 10)]]), 1000)).toBeUndefined();
  expect(networkRates(before, new Map(), 1000)).toBeUndefined();
  expect(networkRates(before, before, 0)).toBeUndefined();
});
