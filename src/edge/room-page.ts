/** The room's page: a static file, with what the deployer set written into its `data-` attributes. */
import { settingsOf } from "./settings-of.ts";

/** The page, or 304 to one who has it as it is. */
export async function roomPage(request: Request, env: Cloudflare.Env): Promise<Response> {
	const page = await env.ASSETS.fetch(new URL("/room", request.url));
	const headers = new Headers(page.headers);
	const { unfurlImages } = settingsOf(env);
	// Written otherwise it is another page.
	if (unfurlImages) headers.set("ETag", (headers.get("ETag") ?? "").replace(/"$/, '-images"'));
	if (isKnown(request.headers.get("If-None-Match"), headers.get("ETag"))) {
		await page.body?.cancel();
		headers.delete("Content-Length");
		headers.delete("Content-Type");
		return new Response(null, { status: 304, headers });
	}
	if (!unfurlImages) return new Response(page.body, { status: page.status, headers });
	const policy = headers.get("Content-Security-Policy") ?? "";
	headers.set("Content-Security-Policy", policy.replace(/img-src [^;]*/, "$& https:"));
	const withImages = new HTMLRewriter().on("html", {
		element: (html) => {
			html.setAttribute("data-images", "on");
		},
	});
	return withImages.transform(new Response(page.body, { status: page.status, headers }));
}

/** Whether `If-None-Match` names what there is: any of a list, compared weakly (RFC 9110, 13.1.2), or `*`. */
function isKnown(condition: string | null, tag: string | null): boolean {
	if (condition === null || tag === null) return false;
	if (condition.trim() === "*") return true;
	const opaque = (each: string): string => each.replace(/^W\//, "");
	return (condition.match(/(?:W\/)?"[^"]*"/g) ?? []).some((each) => opaque(each) === opaque(tag));
}
