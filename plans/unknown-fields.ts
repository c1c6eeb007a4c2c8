/** Fields that no column takes, by name, with how many records had them. */
export type FieldCounts = Readonly<Record<string, number>>;

/** Names that are counted; of more, those that most records had. */
export const MAX_UNKNOWN_FIELDS = 100;
/** What is kept of a name, in UTF-16 units. */
export const MAX_FIELD_NAME_LENGTH = 100;

/**
 * Sums of counts. Whoever writes to a topic chooses the names: one may fill a record, and go on into seal, log and Temporal's
 * payloads, or be that of something which every object has.
 */
export function unknownFields(...counts: readonly FieldCounts[]): FieldCounts {
  const sums = new Map<string, number>();
  for (const count of counts) {
    for (const [name, records] of Object.entries(count)) {
      const kept = shortened(name);
      sums.set(kept, (sums.get(kept) ?? 0) + records);
    }
  }
  const sorted = [...sums].sort(([a, some], [b, more]) => more - some || (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, MAX_UNKNOWN_FIELDS));
}

function shortened(name: string): string {
  return name.length <= MAX_FIELD_NAME_LENGTH ? name : `${name.slice(0, MAX_FIELD_NAME_LENGTH - 1).toWellFormed()}…`;
}
