import { busLaw } from './bus.suite.js';
import { MemoryBus } from './memory-bus.js';
import { watermarkLaw } from './watermark.suite.js';

busLaw('memory, everything delivered twice', async () => new MemoryBus({ twice: true, maxBatch: 7 }));
watermarkLaw('memory', async () => new MemoryBus());
