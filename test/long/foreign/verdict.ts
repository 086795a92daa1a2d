/** What a foreign member must have heard, said and been told, beside a witness that was never cut. */
import type { Event } from "../../../src/protocol/messages.ts";
import type { Foreigner } from "./clients.ts";

/** What went wrong, each as a sentence. `events`: what the witness heard, from the beginning of the room. */
export function faultsOf(foreigner: Foreigner, events: readonly Event[]): string[] {
	const faults: string[] = [];
	const hold = (isSo: boolean, sentence: string): void => void (isSo || faults.push(sentence));
	const texts = events.map(({ seq, data }) => `${seq} ${(data as { text: string }).text}`);
	const from = texts.indexOf(foreigner.events[0] ?? "");
	const isWhole = from >= 0 && foreigner.events.join("\n") === texts.slice(from).join("\n");
	hold(isWhole, "It did not hear each event once, in order, as another did.");
	const own = events.flatMap(({ data }) => {
		const { text } = data as { text: string };
		return foreigner.said.includes(text) ? [text] : [];
	});
	hold(own.join("\n") === foreigner.said.join("\n"), "What it said is not there once each, in its order.");
	hold(foreigner.all("answered").length === foreigner.said.length, "Not all that it said was answered.");
	const [first, ...later] = foreigner.all("joined");
	hold(first === "fresh" && later.every((each) => each === "resumed"), "It was not resumed each time.");
	for (const what of ["refused", "stopped"] as const) {
		hold(foreigner.all(what).length === 0, `It was ${what}: ${foreigner.all(what).join(", ")}.`);
	}
	return faults;
}
