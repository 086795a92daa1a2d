/** Arbitrary messages of a client: well made, as a client in good faith sends them. */
import fc from "fast-check";
import { NAME_CHARS_MAX, PAGE_EVENTS_MAX, SANCTION_SECONDS_MAX } from "../../src/protocol/limits.ts";
import { type ClientMessage, MODERATIONS } from "../../src/protocol/messages.ts";

/** Any text without control characters that fits. */
const printable = fc
	.string({ unit: "binary", minLength: 1, maxLength: NAME_CHARS_MAX })
	.filter((text) => text.length <= NAME_CHARS_MAX && /^\P{Cc}+$/u.test(text));
const member = fc.stringMatching(/^[A-Za-z0-9._~@:-]{1,128}$/);
const seq = fc.maxSafeNat();

/** Any JSON value, as `JSON.parse` gives it: keys such as `__proto__` are keys like any other. */
export const json = fc.json({ stringUnit: "binary", maxDepth: 5 }).map((text) => JSON.parse(text) as unknown);

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const of = <T extends string>(type: T) => fc.constant(type);
const publish = fc.record({ type: of("publish"), id: printable, name: printable, data: json, expect: optional(seq) });
const key = printable.filter((text) => text !== "." && text !== "..");
const set = fc.oneof(
	fc.record({ type: of("set"), id: printable, key, value: json, expect: optional(seq) }),
	fc.record({ type: of("set"), id: printable, key, add: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
);
const signal = fc.record({ type: of("signal"), name: printable, data: json, to: optional(member) });
const presence = fc.record({ type: of("presence"), state: json });
const job = fc.record({ type: of("job"), id: printable, name: printable, data: json });
const received = fc.record({ type: of("received"), jobs: fc.array(printable, { maxLength: 100 }) });
const limit = optional(fc.integer({ min: 1, max: PAGE_EVENTS_MAX }));
const history = fc.oneof(
	fc.record({ type: of("history"), id: printable, before: optional(seq), limit }),
	fc.record({ type: of("history"), id: printable, after: optional(seq), limit }),
);
const moderate = fc.record({
	type: of("moderate"),
	id: printable,
	action: fc.constantFrom(...MODERATIONS),
	member: optional(member),
	seq: optional(seq),
	seconds: optional(fc.integer({ min: 1, max: SANCTION_SECONDS_MAX })),
});

/** As it travels: what is undefined is not there. */
export const clientMessage: fc.Arbitrary<ClientMessage> = fc
	.oneof(publish, set, signal, presence, job, received, history, moderate)
	.map((message) => JSON.parse(JSON.stringify(message)) as ClientMessage);
