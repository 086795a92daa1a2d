/**
 * The platform's own types by the values that bear their names, so that the package's declarations hold wherever they
 * are read: with the types of Workers, of Node or of a browser, and without any.
 */

export type WebType<Name extends string> = typeof globalThis extends {
	readonly [name in Name]: { readonly prototype: infer T };
}
	? T
	: unknown;

/** An `AbortSignal`. Where that is a class and no variable, a request's is the same. */
export type WebSignal = WebType<"Request"> extends { readonly signal: infer Signal } ? Signal : { aborted: boolean };
