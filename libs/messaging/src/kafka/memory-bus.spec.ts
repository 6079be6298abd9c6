import { busLaw } from './bus.suite.js';
import { MemoryBus } from './memory-bus.js';

busLaw('memory, everything delivered twice', async () => new MemoryBus({ twice: true, maxBatch: 7 }));
