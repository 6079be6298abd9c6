import { parentPort, workerData } from 'node:worker_threads';
import { readPackFolder } from '@gongdan/packs/files';
import { type PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { journeys } from '../engine/journeys.js';

/** A thread that draws journeys through the pack of a folder and posts them as JSON. */
const { folder, tickets } = workerData as { folder: string; tickets: number };
const { json, directory } = readPackFolder(folder);
parentPort?.postMessage(JSON.stringify(journeys(json as unknown as PackFormat2, directory as SampleDirectoryData, tickets)));
