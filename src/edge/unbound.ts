/** What a server does without, for want of a binding: said once, for whoever wonders later. */

const WITHOUT: Readonly<Record<string, string>> = {
	JOBS: "jobs, webhooks and checks: what asks for one is refused, and what events start is left out",
	ARCHIVE: "search, lists of rooms, dead letters",
	ASSETS: "pages",
	JOINS: "a limit of joins at the door",
	NEW_ROOMS: "a limit of new rooms at the door",
};

const known = new WeakSet<object>();

/** Logs what is off here, in one line, at the first request that an environment is given. */
export function sayUnbound(env: Cloudflare.Env): void {
	if (known.has(env)) return;
	known.add(env);
	const bound = new Map<string, unknown>(Object.entries(env));
	const off = Object.entries(WITHOUT).filter(([binding]) => bound.get(binding) === undefined);
	if (off.length === 0) return;
	const each = off.map(([binding, what]) => `${what} (${binding})`);
	console.log(
		`Rotunda is without ${each.join("; ")}. That is fine where you do without; each comes with its binding, in wrangler.toml.`,
	);
}
