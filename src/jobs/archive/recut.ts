/**
 * Rows that were archived before words were cut: they stand in the first index and are found there as they were.
 * Each range that is archived writes some of them again, so the first index empties and no step copies a table.
 */
import { packRows } from "../../protocol/codec.ts";
import { ARCHIVE_RECUT_ROWS_MAX } from "../../protocol/job-limits.ts";
import { ARCHIVE_PARAMETER_BYTES_MAX } from "../../protocol/platform-limits.ts";
import { cutWords } from "./words.ts";

export interface Uncut {
	id: number;
	text: string;
}

export function selectUncut(db: D1Database): D1PreparedStatement {
	return db
		.prepare("select e.id, e.text from event_text cross join events e on e.id = event_text.rowid limit ?")
		.bind(ARCHIVE_RECUT_ROWS_MAX);
}

/** Only what is in the first index still: what was redacted, wiped or cut meanwhile has left it, and its id may be another's. */
export function recut(db: D1Database, rows: readonly Uncut[]): D1PreparedStatement[] {
	const cut = rows.map(({ id, text }) => [id, cutWords(text)]);
	return packRows(cut, ARCHIVE_PARAMETER_BYTES_MAX).map(({ json }) =>
		db
			.prepare(
				`update events set text = cut.text
				from (select value->>0 as id, value->>1 as text from json_each(?)) as cut
				where events.id = cut.id and exists (select 1 from event_text where rowid = cut.id)`,
			)
			.bind(json),
	);
}
