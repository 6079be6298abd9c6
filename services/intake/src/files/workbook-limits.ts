/** How much of a workbook is read at most. A ZIP of 2 MB can unpack to any size, so the size of the file limits nothing. */
export interface WorkbookLimits {
  /** All entries together, unpacked. */
  unpackedBytes: number;
  /** Different texts, and characters of all of them: they stay in memory while the sheet is read. */
  sharedStrings: number;
  sharedCharacters: number;
  /** Cells of the sheet, empty ones to the left of a filled one included. */
  cells: number;
  /** Heap of the thread that reads; beyond it the thread ends, not the process. */
  heapMb: number;
}

export const WORKBOOK_LIMITS: WorkbookLimits = {
  unpackedBytes: 2 * 1024 ** 3,
  sharedStrings: 2_000_000,
  sharedCharacters: 64_000_000,
  cells: 50_000_000,
  heapMb: 384,
};

/** Excel holds 32,767 characters in a cell. */
export const LONGEST_CELL = 40_000;
