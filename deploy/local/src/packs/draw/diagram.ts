import { type Lang } from './words.js';

/** What a picture of a process shows. */
export interface Diagram {
  lang: Lang;
  title: string;
  subtitle: string[];
  boxes: Box[];
  arrows: Arrow[];
  lanes: Lane[];
  /** What changes no step: actions and reactions, one line each. */
  notes: { title: string; lines: string[] }[];
}
export interface Box {
  id: string;
  title: string;
  family: Family;
  holder: string;
  limits: string[];
  final: boolean;
  /** Numbers of the lanes that are opened for it. */
  lanes: number[];
}
export interface Arrow {
  from: string;
  to: string;
  labels: string[];
  kind: 'start' | 'action' | 'reaction' | 'side';
}
export interface Lane {
  no: number;
  title: string;
  rule: string;
  sequence: boolean;
  tasks: { title: string; holder: string; when: string; actions: string }[];
  after: string[];
}
export type Family = 'new' | 'work' | 'wait' | 'review' | 'answer' | 'closed' | 'off' | 'any' | 'start';

/** Families of canonical states: one quiet colour each. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  received: 'new', under_review: 'new', awaiting_instruction: 'new', dispatched: 'new', unroutable: 'new', quarantined: 'new',
  accepted: 'work', in_progress: 'work', scheduled: 'work',
  suspended: 'wait', return_requested: 'wait', extension_requested: 'wait',
  solution_review: 'review', callback_pending: 'review', callback_failed: 'review',
  replied: 'answer', resolved: 'answer',
  closed: 'closed', archived: 'closed', one_shot: 'closed', cancelled: 'off', rejected: 'off',
}; // prettier-ignore
