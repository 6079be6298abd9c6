import { type Trial } from '../trial.js';

export const operation: readonly Trial[] = [];
