import { busSuite } from './bus.suite.js';
import { MemoryBus } from './memory-bus.js';
import { watermarkSuite } from './watermark.suite.js';

busSuite('memory, everything delivered twice', async () => new MemoryBus({ twice: true, maxBatch: 7 }));
watermarkSuite('memory', async () => new MemoryBus());
