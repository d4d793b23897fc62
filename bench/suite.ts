/** What a suite is asked to do. */
export interface SuiteOptions {
  /** Measurements of each row; the median is told. */
  runs: number;
  /** Only these clients, where a suite compares several. */
  clients: string[] | null;
  /** Takes its time, where a suite knows a longer way. */
  long: boolean;
  /** Prints a line of progress or of a table. */
  say: (line: string) => void;
}

/** Prints what it measures, and returns what `--json` prints on the last line. */
export type Suite = (options: SuiteOptions) => Promise<object>;
