/** What each reason means, and who can do something about it (docs/tables.md). */
const WORDS: Readonly<Record<string, string>> = {
  null_value: 'The record has no value. A producer sends deletions to a topic that has none.',
  invalid_utf8: 'The value is not UTF-8. A producer sends another encoding, or another format.',
  malformed_json: 'The value is not JSON. A producer sends another format, or cuts it short.',
  not_an_object: 'The value is JSON, but no object.',
  duplicate_field: 'A field is there twice, so nobody can say which counts.',
  reserved_field: 'It has a field of a name that Sluice keeps for itself.',
  missing_field: 'A field that the table requires is missing.',
  wrong_type: 'A field’s text does not cast to its column’s type. Correct the producer, or the column’s type.',
  event_time_too_old: 'Its event time is older than event_time.accept_past allows. Check that server’s clock.',
  event_time_too_new:
    'Its event time is further ahead than event_time.accept_future allows. Check that server’s clock.',
};

export function rejectionWords(reason: string): string {
  return WORDS[reason] ?? 'See docs/tables.md.';
}
