/**
 * What people see: files of the Worker's assets, made to fit where the server stands, and what the deployer set. A Worker
 * may have assets of its own and none of these, so each file bears a mark (`src/pages/public/_headers`).
 */
import { settingsOf } from "./settings-of.ts";

const MARK = "Rotunda-Pages";

/** What of the pages is had under the server's own path, beside the rooms: the landing page, and what pages load. */
const FILE = /^\/(?:client\.js|(?:assets|client)\/[\w.-]+)?$/;

/** A file of the pages, at its own path; null where there is none. */
export async function pageFile(request: Request, path: string, env: Cloudflare.Env, prefix: string) {
	if (!FILE.test(path)) return null;
	if (path === "/") return page("/", request, env, prefix);
	return assetOf(path, request, env);
}

/** For people at an address where nothing is; null where the Worker has no pages. */
export async function missingPage(request: Request, env: Cloudflare.Env, prefix: string) {
	// Whatever they have of another page, this one is told whole.
	const found = await page("/missing", new Request(request.url, { method: request.method }), env, prefix);
	if (found === null) return null;
	const headers = new Headers(found.headers);
	for (const name of ["ETag", "Cache-Control"]) headers.delete(name);
	headers.append("Vary", "Accept");
	return new Response(found.body, { status: 404, headers });
}

async function assetOf(path: string, request: Request, env: Cloudflare.Env): Promise<Response | null> {
	const file = await env.ASSETS?.fetch(new Request(new URL(path, request.url), request));
	// The mark is on what is said of a file that is not there, too.
	if (file !== undefined && file.status < 400 && file.headers.has(MARK)) return file;
	await file?.body?.cancel();
	return null;
}

/** The page, or 304 to one who has it as it is; null where the Worker has no pages. */
export async function page(name: "/" | "/room" | "/missing", request: Request, env: Cloudflare.Env, prefix: string) {
	// Without the conditions that are upon another page than this file is.
	const found = await assetOf(name, new Request(request.url, { method: request.method }), env);
	if (found === null) return null;
	const headers = new Headers(found.headers);
	const { unfurlImages } = settingsOf(env);
	// Written otherwise it is another page.
	const variant = (unfurlImages ? "-images" : "") + prefix;
	headers.set("ETag", (headers.get("ETag") ?? "").replace(/"$/, `${variant}"`));
	if (isKnown(request.headers.get("If-None-Match"), headers.get("ETag"))) {
		await found.body?.cancel();
		headers.delete("Content-Length");
		headers.delete("Content-Type");
		return new Response(null, { status: 304, headers });
	}
	if (variant === "") return new Response(found.body, { status: found.status, headers });
	if (unfurlImages) {
		const policy = headers.get("Content-Security-Policy") ?? "";
		headers.set("Content-Security-Policy", policy.replace(/img-src [^;]*/, "$& https:"));
	}
	return written(prefix, unfurlImages).transform(new Response(found.body, { status: found.status, headers }));
}

/** Writes into a page what is not the same everywhere. */
function written(prefix: string, hasImages: boolean): HTMLRewriter {
	const moved = (attribute: string) => ({
		element: (element: Element) => {
			const address = element.getAttribute(attribute) ?? "";
			if (address.startsWith("/")) element.setAttribute(attribute, prefix + address);
		},
	});
	return new HTMLRewriter()
		.on("script[src]", moved("src"))
		.on("link[href]", moved("href"))
		.on("a[href]", moved("href"))
		.on("img[src]", moved("src"))
		.on("html", {
			element: (html) => {
				if (hasImages) html.setAttribute("data-images", "on");
			},
		});
}

/** Whether `If-None-Match` names what there is: any of a list, compared weakly (RFC 9110, 13.1.2), or `*`. */
function isKnown(condition: string | null, tag: string | null): boolean {
	if (condition === null || tag === null) return false;
	if (condition.trim() === "*") return true;
	const opaque = (each: string): string => each.replace(/^W\//, "");
	return (condition.match(/(?:W\/)?"[^"]*"/g) ?? []).some((each) => opaque(each) === opaque(tag));
}
