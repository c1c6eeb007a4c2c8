const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KiB: 1024,
  MB: 1000 ** 2,
  MiB: 1024 ** 2,
  GB: 1000 ** 3,
  GiB: 1024 ** 3,
};

/** `1s`, `250ms`, `400d` in milliseconds; undefined where the text is no duration. */
export function durationMs(text: string): number | undefined {
  return scaled(text, DURATION_MS);
}

/** `2026-11-23T05:00:00Z`, or a duration ago such as `2h`, in milliseconds since the epoch; undefined where it is neither. */
export function momentMs(text: string, nowMs: number): number | undefined {
  const ago = durationMs(text);
  const timeMs = ago === undefined ? Date.parse(text) : nowMs - ago;
  return Number.isFinite(timeMs) ? timeMs : undefined;
}

/** `64MiB`, `1GB`, `512B` in bytes; undefined where the text is no size. */
export function sizeBytes(text: string): number | undefined {
  return scaled(text, SIZE_BYTES);
}

function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : units[match[2]];
  return unit === undefined ? undefined : Math.round(Number(match?.[1]) * unit);
}
