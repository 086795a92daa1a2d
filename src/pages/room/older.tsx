/** What stands above the oldest line that is shown. Always as high, so that no line moves when it says something else. */
import type { Timeline } from "./timeline.ts";

export function Older({ timeline, onAsk }: { timeline: Timeline; onAsk: () => void }) {
	if (timeline.older === "loading") return <p class="older">Fetching what was said before…</p>;
	if (timeline.older === "failed") {
		return (
			<p class="older">
				That could not be fetched.{" "}
				<button type="button" class="plain" onClick={onAsk}>
					Try again
				</button>
			</p>
		);
	}
	if (timeline.hasOlder) {
		return (
			<p class="older">
				<button type="button" class="plain" onClick={onAsk}>
					What was said before
				</button>
			</p>
		);
	}
	if (timeline.events.length === 0) return null;
	return <p class="older">{timeline.isTrimmed ? "What came before is no longer kept." : "The room begins here."}</p>;
}
