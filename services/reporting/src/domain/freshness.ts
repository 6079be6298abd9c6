/** Why an answer may lack events that are published already. */
export const INCOMPLETE = ['rebuild', 'missing-events', 'parked-events'] as const;

/** How far an answer can be trusted. */
export interface Freshness {
  /** Instant of the database's clock at which the answer was read. */
  asOf: string;
  /** False while published events are known to be missing in the answer. */
  complete: boolean;
  /**
   * `rebuild`: everything is being derived again, and the answer holds what was replayed so far. `missing-events`: an event came before one it follows,
   * which was requested again. `parked-events`: events were refused, and an operator has to decide. The last two count for the organisation alone.
   */
  incompleteBecause: (typeof INCOMPLETE)[number][];
}
