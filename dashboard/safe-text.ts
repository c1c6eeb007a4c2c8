/** What must not reach a screen as it is: controls, marks that turn text around, and the escape's own sign. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\\]/u;

/**
 * Bytes of unknown origin as text that can do no harm: UTF-8 where they are, each other byte as `\xNN`; controls,
 * invisible characters and the backslash likewise.
 */
export function safeText(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (!text.includes('\ufffd')) return escaped(text);
  // Somewhere it is no UTF-8: the readable bytes stay readable, and the others can be told apart.
  return [...bytes].map((byte) => (byte < 0x80 ? escaped(String.fromCharCode(byte)) : hexEscape(byte))).join('');
}

function escaped(text: string): string {
  return Array.from(text)
    .map((character) => {
      if (character === '\\') return '\\\\';
      return UNSAFE.test(character) ? [...new TextEncoder().encode(character)].map(hexEscape).join('') : character;
    })
    .join('');
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** `7B 22 61`, as a dump has it. */
export function hexText(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}
