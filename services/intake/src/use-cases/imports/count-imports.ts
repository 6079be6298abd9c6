import { Injectable } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { ImportsStore } from '../../store/imports/imports.store.js';

/** Figures for the gauges of the service, over all organisations. */
@Injectable()
export class CountImports {
  constructor(
    private readonly database: Database,
    private readonly imports: ImportsStore,
  ) {}

  open(): Promise<{ state: string; value: number }[]> {
    return this.imports.counts(this.database);
  }

  async oldest(): Promise<{ value: number }[]> {
    return [{ value: await this.imports.oldestSeconds(this.database) }];
  }
}
