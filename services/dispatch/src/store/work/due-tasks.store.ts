import { Injectable } from '@nestjs/common';
import { DuePoints } from '@gongdan/due';
import { DUE_TASKS } from './due-tasks.js';

/** When sleeping tasks wake. The rows are written with their case (cases.store.ts). */
@Injectable()
export class DueTasksStore extends DuePoints {
  constructor() {
    super(DUE_TASKS);
  }
}
