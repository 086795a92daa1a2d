/** What a move says to the room, written down as it says it. */
const SAYS: Readonly<Record<string, string>> = {
	...{ publish: "publishes", post: "publishes", signal: "signals", requestJob: "asks for" },
	...{ set: "sets", add: "adds to", drop: "drops", setPresence: "shows", moderate: "moderates" },
};
const CHARS_MAX = 60;

/** The room itself, but that `heard` is told of each thing that is said to it. */
export function overhear<R extends object>(room: R, heard: (verb: string, said: string) => void): R {
	return new Proxy(room, {
		get: (_, key) => {
			const value: unknown = Reflect.get(room, key, room);
			if (typeof value !== "function") return value;
			const verb = SAYS[String(key)];
			return (...given: unknown[]): unknown => {
				if (verb !== undefined) heard(verb, given.slice(0, 2).map(show).join(" "));
				const answer: unknown = value.apply(room, given);
				// Refused is no failure, also where the move does not wait for the answer.
				if (answer instanceof Promise) answer.catch(() => undefined);
				return answer;
			};
		},
	});
}

function show(given: unknown, at: number): string {
	if (at === 0 && typeof given === "string") return given;
	if (typeof given === "function") return "by a function";
	return shorten(jsonOf(given), CHARS_MAX);
}

/** As JSON, where it is such. */
function jsonOf(given: unknown): string {
	try {
		return JSON.stringify(given) ?? String(given);
	} catch {
		return String(given);
	}
}

/** On one line of at most so many characters. */
export function shorten(text: string, chars: number): string {
	const line = text.replace(/\s+/g, " ").trim();
	return line.length > chars ? `${line.slice(0, chars - 1)}…` : line;
}
