/**
 * The package `rotunda`: what an app is written with, and the Worker that serves its rooms. What it declares names no
 * platform's types, so that it holds in a project whatever types that has.
 */
import type { App } from "./jobs/define.ts";
import type { WebType } from "./jobs/web.ts";
import { createRoomServer as create, type ServerOptions } from "./server.ts";

export { archive } from "./jobs/archive/archive.ts";
export type { Card } from "./jobs/card.ts";
export { type App, defineApp } from "./jobs/define.ts";
export type { Admission, AppDefinition, EventDefinition } from "./jobs/definition.ts";
export type { DefinedKind, JobContext, Kind, Range, RangeBounds, RangeKind, Retry } from "./jobs/kind.ts";
export { defineKind, Gone, NonRetryableError, TryAfter, Unacceptable } from "./jobs/kind.ts";
export { moderate } from "./jobs/moderate.ts";
export type { RoomOf, TypesIn } from "./jobs/types-in.ts";
export { unfurl } from "./jobs/unfurl.ts";
export { webhook } from "./jobs/webhook.ts";
export type { Decide, DecidedEvent, MemberRule, RuleEntry, RuleMember, RuleRoom } from "./protocol/decision.ts";
export type { Verdict } from "./protocol/jobs.ts";
export { CAPABILITIES, type Capability, type Event } from "./protocol/messages.ts";
export type { ServerOptions } from "./server.ts";

/** A room's Durable Object: the class that the binding `ROOMS` is of. What else it can do is between it and `fetch`. */
export interface RoomObject {
	/** By this the platform's types know a class of Durable Objects. */
	readonly __DURABLE_OBJECT_BRAND: never;
}

/** What a Worker exports: the first two as its handlers, the third as the class that its `ROOMS` are of. */
export interface RoomServer {
	fetch(request: WebType<"Request">, env: unknown, ctx?: unknown): WebType<"Response"> | Promise<WebType<"Response">>;
	/** Does the jobs of a batch of the queue `JOBS`, and buries those of the queue `DEAD_JOBS`. */
	queue(batch: { readonly queue: string; readonly messages: readonly unknown[] }, env: unknown): Promise<void>;
	RoomObject: new (ctx: never, env: never) => RoomObject;
	/** True for what `fetch` is to be given, where the Worker answers other requests too. */
	owns(request: { readonly url: string }): boolean;
}

/**
 * The server of an app's rooms.
 * @param app as `defineApp` gives it.
 * @throws Error where a setting does not parse, the path is none or `ROOMS` is not bound: the Worker does not start.
 */
export function createRoomServer(app: App, options: ServerOptions = {}): RoomServer {
	return create(app, options) as unknown as RoomServer;
}
