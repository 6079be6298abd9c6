import { type Trial } from '../trial.js';
import { brokenConnections, pipelinedResets } from './broken-connections.js';
import { heavyBodies } from './heavy-bodies.js';
import { listeners } from './listeners.js';
import { packVersions } from './pack-versions.js';
import { oneCaller, oneOrganisation } from './rate.js';
import { slowBodies, slowUploads } from './slow-bodies.js';
import { silentWebhooks } from './webhooks.js';
import { workbooks } from './workbooks.js';

export const availability: readonly Trial[] = [
  // First, while the memory of the services is small.
  packVersions,
  pipelinedResets,
  brokenConnections,
  slowBodies,
  slowUploads,
  workbooks,
  heavyBodies,
  oneCaller,
  oneOrganisation,
  listeners,
  silentWebhooks,
];
