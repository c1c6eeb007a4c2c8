/**
 * What a column may become while its older files stay as they are. The wider type must hold every value of the narrower one,
 * and write it as the same text, for that is what a row's checksum is made of: an int's 7 is a double's 7.0.
 */
const WIDER: ReadonlyMap<string, string> = new Map([['int', 'bigint']]);

/** Whether one column type is wider than the other. */
export function isWider(type: string, than: string): boolean {
  return WIDER.get(than) === type;
}

/** Whether a column of this type can show files that hold it as the other one. */
export function takes(type: string, other: string): boolean {
  return type === other || isWider(type, other);
}
