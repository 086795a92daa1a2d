/** What turns have cost. */
export interface Cost {
	longestTurnMs: number;
	/** What took so long. */
	longest: string;
	rowsRead: number;
	rowsWritten: number;
}
