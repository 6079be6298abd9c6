import { type Trial } from '../trial.js';

export const availability: readonly Trial[] = [];
