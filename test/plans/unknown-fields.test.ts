import { expect, it } from 'vitest';
import { MAX_FIELD_NAME_LENGTH, MAX_UNKNOWN_FIELDS, unknownFields } from '../../plans/unknown-fields.ts';

it('adds up names that every object has something under', () => {
  const counts = JSON.parse('{"__proto__":2,"constructor":1,"toString":3}') as Record<string, number>;
  const sums = unknownFields(counts, { ['__proto__']: 1 }, unknownFields(counts));
  expect(Object.entries(sums)).toEqual([
    ['toString', 6],
    ['__proto__', 5],
    ['constructor', 2],
  ]);
});

it('keeps the beginning of a long name, and no half of a character', () => {
  const whole = 'a'.repeat(MAX_FIELD_NAME_LENGTH);
  const [[long] = ['']] = Object.entries(unknownFields({ [`${whole}b`]: 1 }));
  expect([long.length, long.slice(-2)]).toEqual([MAX_FIELD_NAME_LENGTH, 'a…']);
  expect(unknownFields({ [whole]: 1 })).toEqual({ [whole]: 1 });
  const [[cut] = ['']] = Object.entries(unknownFields({ [`${'a'.repeat(MAX_FIELD_NAME_LENGTH - 2)}🜂🜂`]: 1 }));
  expect(cut.isWellFormed()).toBe(true);
});

it('keeps the names that most records had', () => {
  const counts = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`n${index}`, index]));
  const kept = Object.entries(unknownFields(counts));
  expect(kept).toHaveLength(MAX_UNKNOWN_FIELDS);
  expect(kept.at(-1)).toEqual(['n900', 900]);
});
