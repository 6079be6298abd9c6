// The planted bugs of `npm run mutants`, by area. Each has
//   id         area and what is broken
//   invariant  the sentence of ARCHITECTURE.md or of an issue that no longer holds
//   file       where it is planted; `patch` pairs a text that stands there exactly once with what replaces it
//   spec       the fastest spec that must turn red, `test` narrows it to the tests whose names contain one of the texts (separated by |)
import { BUS } from './bus.mjs';

export const MUTANTS = [...BUS];
