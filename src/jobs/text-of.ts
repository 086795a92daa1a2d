/** All the text that a JSON value holds, for those who read rather than parse. */
export function textOf(data: unknown): string {
	if (typeof data === "string") return data;
	if (typeof data !== "object" || data === null) return "";
	return Object.values(data)
		.map(textOf)
		.filter((text) => text !== "")
		.join("\n");
}
