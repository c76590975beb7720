import { expect, it } from '@jest/globals';
import { javaMajor } from './kafka.ts';

it.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['something else', undefined],
])('reads the version from %s', (text, major) => {
  expect(javaMajor(text)).toBe(major);
});
