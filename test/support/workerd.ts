/**
 * workerd itself on a Worker's bundle, with storage of its own: the development server's entry costs more than a room,
 * and its proxy reads what a member does not, so behind it nobody is ever slow.
 */
import type { SpawnOptions } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleOf, discard, modulesOf, ROOT, scratch } from "./bundle.ts";
import { Child } from "./child.ts";
import { freePort } from "./ports.ts";

export interface Worker {
	/** Where its wrangler.toml is. */
	folder: string;
	flags: readonly string[];
	/** Text bindings. */
	vars?: Readonly<Record<string, string>>;
	/** Object classes, by binding. */
	objects: Readonly<Record<string, string>>;
}

export interface Way {
	/** True where the engine is looked into. */
	isInspected?: boolean;
	/** What the engine may hold of old objects: 128 stands in for the platform's bound. */
	heapMiB?: number;
	/** What half of its nursery, where objects begin, may hold; the engine's own choice where it is not said. */
	youngMiB?: number;
	/** A command that starts another, with its arguments. */
	through?: readonly string[];
	spawning?: SpawnOptions;
}

export interface Served {
	port: number;
	/** `http://127.0.0.1:{port}` */
	url: string;
	/** Where the engine's inspector listens, if it does. */
	inspector: string;
	/** Another one after each restart. */
	readonly child: Child;
	/** Kills it and starts it again on the same port and storage; it need not answer yet. */
	restart(): Promise<void>;
	/** Kills it and removes its storage. */
	dispose(): Promise<void>;
}

/** Starts it; it need not answer yet. */
export async function workerd(worker: Worker, way: Way = {}): Promise<Served> {
	const folder = scratch("workerd");
	cpSync(await bundleOf(join(worker.folder, "wrangler.toml")), folder, { recursive: true });
	mkdirSync(join(folder, "state"));
	const port = await freePort();
	const inspector = `127.0.0.1:${await freePort()}`;
	writeFileSync(join(folder, "config.capnp"), configOf(port, folder, worker, way));
	const [command = "", ...args] = [
		...(way.through ?? []),
		...[join(ROOT, "node_modules/.bin/workerd"), "serve", join(folder, "config.capnp")],
		...(way.isInspected === true ? [`--inspector-addr=${inspector}`] : []),
	];
	const launch = (): Child => new Child(command, args, way.spawning);
	let child = launch();
	return {
		port,
		url: `http://127.0.0.1:${port}`,
		inspector: `http://${inspector}`,
		get child() {
			return child;
		},
		restart: async () => {
			await child.kill();
			child = launch();
		},
		dispose: async () => {
			await child.kill();
			discard(folder);
		},
	};
}

function configOf(port: number, folder: string, { flags, vars = {}, objects }: Worker, way: Way): string {
	const sizes = { "--max-old-space-size": way.heapMiB, "--max-semi-space-size": way.youngMiB };
	const engine = Object.entries(sizes).flatMap(([flag, size]) => (size === undefined ? [] : [`"${flag}=${size}"`]));
	const modules = modulesOf(folder).map(
		({ file, isCode }) => `(name = "./${file}", ${isCode ? "esModule" : "text"} = embed "${file}")`,
	);
	const bindings = [
		...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = "${text}")`),
		...Object.entries(objects).map(([name, type]) => `(name = "${name}", durableObjectNamespace = "${type}")`),
	];
	const classes = Object.values(objects).map(
		(type) => `(className = "${type}", uniqueKey = "${type}", enableSql = true)`,
	);
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	v8Flags = [${engine.join(", ")}],
	services = [
		(name = "main", worker = .main),
		(name = "internet", network = (allow = ["public", "private"])),
		(name = "disk", disk = (path = "${join(folder, "state")}", writable = true))
	],
	sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
	modules = [${modules.join(", ")}],
	compatibilityDate = "2026-11-17",
	compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(", ")}],
	bindings = [${bindings.join(", ")}],
	durableObjectNamespaces = [${classes.join(", ")}],
	durableObjectStorage = (localDisk = "disk"),
);
`;
}
