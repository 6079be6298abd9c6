/** What a rule decided: the next state and the events to publish about it. */
export interface Decision<S, E> {
  state: S;
  events: E[];
}

export function decided<S, E>(state: S, ...events: E[]): Decision<S, E> {
  return { state, events };
}
