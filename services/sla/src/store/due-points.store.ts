import { Injectable } from '@nestjs/common';
import { DuePoints } from '@gongdan/due';

/** Warnings and breaches that may still fire. A point waits until everything recorded before its due instant has been applied (docs/adr/0031). */
@Injectable()
export class DuePointsStore extends DuePoints {
  constructor() {
    super({ points: 'clock_points', subject: 'clock', tickets: { table: 'sla_tickets', id: 'id' }, waitsForEvents: true });
  }
}
