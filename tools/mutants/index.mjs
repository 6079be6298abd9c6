// The planted bugs of `npm run mutants`, by area. Each has
//   id         area and what is broken
//   invariant  the sentence of ARCHITECTURE.md or of a requirement that no longer holds
//   file       where it is planted; `patch` pairs a text that stands there exactly once with what replaces it
//   spec       the fastest spec that must turn red; `test` narrows it to the tests whose names contain that text
import { BUS } from './bus.mjs';
import { CASES } from './cases.mjs';
import { CHAINS } from './chains.mjs';
import { CLOCKS } from './clocks.mjs';
import { DISPATCH } from './dispatch.mjs';
import { DUE } from './due.mjs';
import { ENGINE } from './engine.mjs';
import { NOTIFY, REPORTING } from './followers.mjs';
import { FOUR_EYES_AND_SEALS } from './four-eyes.mjs';
import { INTAKE } from './intake.mjs';
import { LIBS } from './libs.mjs';
import { PLANS } from './plans.mjs';

export const MUTANTS = [
  ...BUS,
  ...LIBS,
  ...CASES,
  ...CHAINS,
  ...CLOCKS,
  ...DUE,
  ...ENGINE,
  ...FOUR_EYES_AND_SEALS,
  ...DISPATCH,
  ...INTAKE,
  ...PLANS,
  ...NOTIFY,
  ...REPORTING,
];
