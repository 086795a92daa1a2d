/** A token that came by a link while one is here already: nothing is done with it until one has said so. */
import { displayName } from "../../protocol/ids.ts";
import { Store } from "../store.ts";

export class Offer extends Store {
	token: string | null = null;

	make(token: string): void {
		this.token = token;
		this.changed();
	}

	withdraw(): void {
		this.token = null;
		this.changed();
	}

	/** Whom the token calls itself. Nobody has proven it yet: it is only shown. Null where it does not say. */
	get name(): string | null {
		try {
			const [, payload = ""] = (this.token ?? "").split(".");
			const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
			const { name, sub } = JSON.parse(new TextDecoder().decode(bytes)) as { name?: unknown; sub?: unknown };
			return displayName(String(name ?? sub ?? ""));
		} catch {
			return null;
		}
	}
}
