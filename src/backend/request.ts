/** One request of a backend's: with its key, tried again until there is an answer, and with what was refused as an error. */
import type { ErrorCode } from "../protocol/codes.ts";
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN } from "../protocol/limits.ts";

/** The operators' key, or a token; a function is asked before each request. */
export type Key = string | (() => string | Promise<string>);

/** An `AbortSignal`, as far as its listeners know it: every runtime's is one. */
export interface Ending {
	readonly aborted: boolean;
	addEventListener(type: "abort", listener: () => void): void;
}

/** A `Response`, as far as it is read. */
export interface Answer {
	readonly ok: boolean;
	readonly status: number;
	/** A `ReadableStream` of bytes, or null. */
	readonly body: unknown;
	readonly headers: { get(name: string): string | null };
	json(): Promise<unknown>;
}

/** What `fetch` is, as far as it is used: every runtime's is one. */
export type Fetch = (url: string, init: never) => Promise<Answer>;

export interface BackendOptions {
	/** What the server's `OPERATOR_KEY` is, or a token for the rooms that are meant. */
	key: Key;
	/** The runtime's own, where it is not given. */
	fetch?: Fetch;
	/** How long a request that fails in passing is tried again, ms; 30,000 where it is not given, 0 never. */
	retryForMs?: number;
	/** Ends everything that is under way. */
	signal?: Ending;
}

/** What the server refused, or why it could not be asked: `code` is stable, the message a sentence. */
export class BackendError extends Error {
	/** `unreachable` where there was no answer that one could read. */
	readonly code: ErrorCode | "unreachable";
	/** The answer's status; 0 where there was none. */
	readonly status: number;
	/** When another try may succeed, ms from now; null where none would, or it is not known. */
	readonly retryAfterMs: number | null;
	/** Of a `precondition_failed`, the entry as it is; its value is null, and its version 0, where there is none. */
	entry: { key: string; value: unknown; version: number } | null = null;

	constructor(code: BackendError["code"], message: string, status = 0, retryAfterMs: number | null = null) {
		super(message);
		this.name = "BackendError";
		this.code = code;
		this.status = status;
		this.retryAfterMs = retryAfterMs;
	}
}

export interface Ask {
	method?: "GET" | "POST" | "PUT" | "DELETE";
	query?: Readonly<Record<string, string | number | null | undefined>>;
	headers?: Readonly<Record<string, string>>;
	/** As JSON. */
	body?: unknown;
	signal?: Ending | undefined;
}

/** Statuses after which the same request may yet be answered. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const RETRY_FOR_MS = 30_000;
const NO_PROOF =
	"There is no key: give `backend` an operator's (the server's secret OPERATOR_KEY), or a member's token.";
/** How long one try may go without an answer, ms. */
const ANSWER_MS_MAX = 15_000;

export class Requests {
	readonly #base: string;
	readonly #options: BackendOptions;

	/** @param url where the server is: `https://host`, or `https://host/prefix`. @throws TypeError where that is no such URL */
	constructor(url: string | { readonly href: string }, options: BackendOptions) {
		const given = typeof url === "string" ? url : url.href;
		const { origin, pathname, protocol } = new URL(given);
		if (protocol !== "https:" && protocol !== "http:") {
			throw new TypeError(`\`${given}\` is not where a server is: that is https://host, or https://host/prefix.`);
		}
		this.#base = origin + pathname.replace(/\/+$/, "");
		this.#options = options;
	}

	get signal(): Ending | undefined {
		return this.#options.signal;
	}

	/** What the server answers, as JSON. @throws BackendError */
	async json<T>(path: string, ask: Ask = {}): Promise<T> {
		const answer = await this.answer(path, ask);
		try {
			return (answer.status === 204 ? undefined : await answer.json()) as T;
		} catch {
			throw new BackendError("unreachable", `The answer of ${this.#base}${path} is not JSON.`, answer.status);
		}
	}

	/** An answer that is no refusal; tried again while that may help. @throws BackendError */
	async answer(path: string, ask: Ask = {}): Promise<Answer> {
		const until = Date.now() + (this.#options.retryForMs ?? RETRY_FOR_MS);
		for (let tries = 0; ; tries++) {
			try {
				return await this.try(path, { ...ask, signal: this.#withinTime(ask.signal) });
			} catch (error) {
				this.#throwIfOver(ask.signal);
				if (!(error instanceof BackendError) || !isPassing(error)) throw error;
				const ms = error.retryAfterMs ?? delayMs(tries);
				if (Date.now() + ms > until) throw error;
				await pause(ms, this.#over(ask.signal));
			}
		}
	}

	/** Asks once; the answer's body may go on for ever. @throws BackendError */
	async try(path: string, { method = "GET", query = {}, headers = {}, body, signal }: Ask): Promise<Answer> {
		const { key, fetch = globalThis.fetch } = this.#options;
		const proof = typeof key === "function" ? await key() : key;
		if ((proof ?? "") === "") throw new BackendError("unauthorized", NO_PROOF);
		let answer: Answer;
		try {
			const init: RequestInit = {
				method,
				headers: {
					Accept: "application/json",
					Authorization: `Bearer ${proof}`,
					...(body === undefined ? {} : { "Content-Type": "application/json" }),
					...headers,
				},
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
				redirect: "manual",
				...(signal === undefined ? {} : { signal: signal as AbortSignal }),
			};
			answer = await fetch(`${this.#base}${path}${queryOf(query)}`, init as never);
		} catch (error) {
			throw new BackendError("unreachable", `${this.#base} did not answer: ${whyOf(error)}`);
		}
		if (answer.ok) return answer;
		throw await refusalOf(answer, this.#base);
	}

	#over(signal: Ending | undefined): AbortSignal | undefined {
		const all = [this.signal, signal].filter((each) => each !== undefined) as AbortSignal[];
		return all.length > 1 ? AbortSignal.any(all) : all[0];
	}

	#throwIfOver(signal: Ending | undefined): void {
		this.#over(signal)?.throwIfAborted();
	}

	#withinTime(signal: Ending | undefined): AbortSignal {
		const over = this.#over(signal);
		const late = AbortSignal.timeout(ANSWER_MS_MAX);
		return over === undefined ? late : AbortSignal.any([over, late]);
	}
}

/** True where the same may yet be answered. */
export function isPassing({ code, status }: BackendError): boolean {
	return PASSING.has(status) || (status === 0 && code === "unreachable");
}

/** Full jitter under a bound that doubles. */
export function delayMs(tries: number): number {
	return Math.ceil(Math.random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(tries, 16)));
}

/** Resolves then, or at once where it is over. */
export function pause(ms: number, over: AbortSignal | undefined): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, ms);
		over?.addEventListener("abort", () => {
			clearTimeout(timer);
			resolve();
		});
	});
}

function queryOf(query: NonNullable<Ask["query"]>): string {
	const given = Object.entries(query).flatMap(([name, value]) =>
		value === null || value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
	);
	return given.length === 0 ? "" : `?${given.join("&")}`;
}

/** What a problem document says (RFC 9457); of an answer that is none, its status. */
async function refusalOf(answer: Answer, base: string): Promise<BackendError> {
	const seconds = Number(answer.headers.get("Retry-After") ?? Number.NaN);
	const inHeader = Number.isFinite(seconds) ? seconds * 1000 : null;
	try {
		const problem = (await answer.json()) as Record<string, unknown>;
		const { code, detail, retryAfterMs = inHeader, key, value, version } = problem;
		if (typeof code !== "string" || typeof detail !== "string") throw new TypeError("no problem");
		const refusal = new BackendError(code as ErrorCode, detail, answer.status, retryAfterMs as number | null);
		if (typeof key === "string" && typeof version === "number") refusal.entry = { key, value, version };
		return refusal;
	} catch {
		const message = `${base} answered ${answer.status}, and not in the words of a room server: see whether the URL is right.`;
		return new BackendError("unreachable", message, answer.status, inHeader);
	}
}

/** A key of a request's own: by it a repeat is known. */
export function newId(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a failed `fetch` says, and what it says of its cause, where the network's own word stands. */
function whyOf(error: unknown): string {
	const cause = error instanceof Error ? error.cause : undefined;
	const said = cause instanceof Error ? cause.message || (cause as { code?: string }).code : undefined;
	return said ? `${error} (${said})` : `${error}`;
}
