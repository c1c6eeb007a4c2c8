/**
 * Gives a buffer's memory back at once. V8 would count it as garbage until it next marks the heap, and marks it the more often:
 * that took every tenth CPU-second of a batch. Whoever still holds the buffer, or a part of it, finds it empty from then on.
 * One that shares its memory with other buffers is left as it is.
 */
export function freeBytes(buffer: Buffer): void {
  const memory = buffer.buffer;
  if (memory instanceof ArrayBuffer && memory.byteLength === buffer.byteLength) memory.transfer(0);
}
