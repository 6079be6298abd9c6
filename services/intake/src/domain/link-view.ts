/** A link as the API shows it on one of its tickets. */
export interface LinkView {
  id: string;
  kind: string;
  /** What the other ticket is to this one. */
  as: string;
  ticket: { id: string; number: string; title: string; state: string };
  by: string;
  at: string;
}
