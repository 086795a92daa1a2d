/** The room's page: a static file, with what the deployer set written into its `data-` attributes. */
import { settingsOf } from "./settings-of.ts";

export async function roomPage(request: Request, env: Cloudflare.Env): Promise<Response> {
	const page = await env.ASSETS.fetch(new URL("/room", request.url));
	const headers = new Headers(page.headers);
	// One address is a page to some and JSON to others.
	headers.append("Vary", "Accept");
	if (!settingsOf(env).unfurlImages) return new Response(page.body, { status: page.status, headers });
	const policy = headers.get("Content-Security-Policy") ?? "";
	headers.set("Content-Security-Policy", policy.replace(/img-src [^;]*/, "$& https:"));
	const withImages = new HTMLRewriter().on("html", {
		element: (html) => {
			html.setAttribute("data-images", "on");
		},
	});
	return withImages.transform(new Response(page.body, { status: page.status, headers }));
}
