import { type Trial } from '../trial.js';

export const truth: readonly Trial[] = [];
