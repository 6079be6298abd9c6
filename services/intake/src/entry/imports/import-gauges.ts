import { Injectable } from '@nestjs/common';
import { Metrics } from '@gongdan/platform';
import { CountImports } from '../../use-cases/imports/count-imports.js';

/** What an operator watches of imports; docs/metrics.md describes each. */
@Injectable()
export class ImportGauges {
  constructor(metrics: Metrics, imports: CountImports) {
    metrics.countedGauge('gongdan_imports', 'Imports whose file is here and that have not ended, by state', ['state'], () =>
      imports.open(),
    );
    metrics.countedGauge('gongdan_imports_oldest_seconds', 'Age of the oldest import that has not ended, 0 when there is none', [], () =>
      imports.oldest(),
    );
  }
}
