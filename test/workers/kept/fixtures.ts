/** The fixtures as they stand in their folder, by the version that stored them. */
import type { Told } from "./scene.ts";

interface Files {
	glob(pattern: string, options: { eager: true; query: "?raw"; import: "default" }): Record<string, string>;
}

declare global {
	interface ImportMeta {
		/** The bundler's: it reads the call itself, so the pattern stands in it. */
		glob: Files["glob"];
	}
}

const nameOf = (path: string): string =>
	path
		.split("/")
		.at(-1)
		?.replace(/\.\w+$/, "") ?? "";

const ROOMS = import.meta.glob("../../fixtures/rooms/*.sql", { eager: true, query: "?raw", import: "default" });
const TOLD = import.meta.glob("../../fixtures/rooms/*.json", { eager: true, query: "?raw", import: "default" });
const ARCHIVES = import.meta.glob("../../fixtures/archive/*.sql", { eager: true, query: "?raw", import: "default" });

const STEPS = import.meta.glob("../../../src/jobs/archive/migrations/*", {
	eager: true,
	query: "?raw",
	import: "default",
});

export function rooms(): [string, { tables: string; told: Told }][] {
	return Object.entries(ROOMS).map(([path, tables]) => {
		const told = JSON.parse(TOLD[path.replace(/\.sql$/, ".json")] ?? "") as Told;
		return [nameOf(path), { tables, told }];
	});
}

export function archives(): [string, string][] {
	return Object.entries(ARCHIVES).map(([path, tables]) => [nameOf(path), tables]);
}

/** The files of the archive's migrations: name and text. */
export function steps(): [string, string][] {
	return Object.entries(STEPS).map(([path, text]) => [path.split("/").at(-1) ?? "", text]);
}
