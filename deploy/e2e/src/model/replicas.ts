import { type ServiceName, startTemporaryStack, type TemporaryStack } from 'gongdan';

/** A product with three replicas of dispatch, named as parts of the stack. */
export interface Replicated extends TemporaryStack {
  replicas: [string, string, string];
}

/** Starts Kafka, Postgres, intake, three replicas of dispatch, and `more` services. */
export async function startReplicas(more: readonly ServiceName[] = []): Promise<Replicated> {
  const started = await startTemporaryStack({
    supervise: false,
    services: ['intake', 'dispatch', ...more],
    // One address makes all the load.
    env: { RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0' },
  });
  try {
    const { stack } = started;
    return { ...started, replicas: ['dispatch', await stack.startReplica('dispatch'), await stack.startReplica('dispatch')] };
  } catch (error) {
    await started.stop();
    throw error;
  }
}
