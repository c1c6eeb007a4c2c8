import { expect, it } from 'vitest';
import { isLoopbackName } from '../../settings/dashboard-settings.ts';

it.each(['127.0.0.1', '127.0.0.1:7400', '127.9.9.9', 'localhost', 'LOCALHOST:7400', '[::1]:7400', '::1'])(
  'takes %s for a name of this machine only',
  (name) => {
    expect(isLoopbackName(name)).toBe(true);
  },
);

it.each(['', 'dashboard.example', '127.0.0.1.example:80', '0.0.0.0', 'localhost.example', '10.0.0.1:7400', '[::2]:80'])(
  'takes "%s" for a name that others may have, too',
  (name) => {
    expect(isLoopbackName(name)).toBe(false);
  },
);
