import { type Trial } from '../trial.js';
import { eventLoopLag } from './event-loop-lag.js';
import { killedBurst } from './killed-burst.js';
import { skewedClock } from './skewed-clock.js';

export const operation: readonly Trial[] = [eventLoopLag, skewedClock, killedBurst];
