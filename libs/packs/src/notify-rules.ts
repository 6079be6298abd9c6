import { type Notify } from './format2/notify.js';

/** A rule of the pack's `notify` part. */
export type NotifyRule = Notify['rules'][number];
