/** A row of an imported file, the header not counted. */
export interface FileRow {
  /** 1, 2, 3 …; the same in every reading of the file, which resuming relies on. */
  row: number;
  /** Line of the file (CSV) or row of the sheet (XLSX) where it begins, the first being 1. */
  line: number;
  /** Where it ends: a quoted cell may have line ends. */
  lastLine: number;
  /** By column; absent when the row is broken. */
  cells?: Record<string, string>;
  /** Why it is broken. */
  broken?: string;
}

/** How many lines of the file a reading found, counted without regard to rows; complete when the reading is. */
export interface FileTally {
  lines: number;
  headerLines: number;
  blankLines: number;
}

export const newTally = (): FileTally => ({ lines: 0, headerLines: 0, blankLines: 0 });
