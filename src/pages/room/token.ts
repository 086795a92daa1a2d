/**
 * A token in the fragment (`#token=…`), taken out of the address bar before anything else can
 * read, copy or keep it. Therefore the first import of the page.
 */
export function takeToken(): string | undefined {
	const token = new URLSearchParams(location.hash.slice(1)).get("token");
	if (token === null) return undefined;
	history.replaceState(history.state, "", location.pathname + location.search);
	return token === "" ? undefined : token;
}

export const tokenAtStart = takeToken();
