import { describe, expect, it } from 'vitest';
import { hexText, safeText } from '../../dashboard/safe-text.ts';

const text = (value: string): string => safeText(new TextEncoder().encode(value));

describe('safeText', () => {
  it('leaves what can be read as it is, markup included: the page sets it as text', () => {
    expect(text('{"host":"Zürich-1","note":"<b>é</b> 中 🙂"}')).toBe('{"host":"Zürich-1","note":"<b>é</b> 中 🙂"}');
  });

  it.each([
    ['a control', 'a\u0000b\u001b[31m\n', 'a\\x00b\\x1B[31m\\x0A'],
    ['what turns text around', 'abc\u202Edcba', 'abc\\xE2\\x80\\xAEdcba'],
    ['what is invisible', 'a\u200bb\ufeffc', 'a\\xE2\\x80\\x8Bb\\xEF\\xBB\\xBFc'],
    ['the escape itself', 'C:\\x41', 'C:\\\\x41'],
  ])('escapes %s', (_, value, shown) => {
    expect(text(value)).toBe(shown);
  });

  it('shows bytes that are no UTF-8 one by one', () => {
    expect(safeText(Uint8Array.of(0x7b, 0xff, 0xc3, 0x7d))).toBe('{\\xFF\\xC3}');
    expect(hexText(Uint8Array.of(0x7b, 0xff, 0x0a))).toBe('7B FF 0A');
  });
});
