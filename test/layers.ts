/** The layers as a table: which folder may import which, and what goes against them. Imports run one way. */
import { readImports, resolvePath } from "./imports.ts";

interface Layer {
	/** The layers below it, to whose files it may reach. */
	layers: readonly string[];
	/** The packages that it may use: a name, and all of its subpaths. */
	packages: readonly string[];
}

const LAYERS: Readonly<Record<string, Layer>> = {
	protocol: { layers: [], packages: ["valibot"] },
	room: { layers: ["protocol"], packages: ["@noble/hashes"] },
	relay: { layers: ["protocol"], packages: [] },
	jobs: { layers: ["protocol"], packages: ["entities", "valibot", "obscenity", "standardwebhooks"] },
	"app.ts": { layers: ["protocol", "jobs"], packages: ["valibot"] },
	durable: { layers: ["protocol", "room", "relay"], packages: ["cloudflare:workers"] },
	edge: {
		layers: ["protocol", "room", "relay", "durable", "jobs"],
		packages: ["hono", "valibot", "jose", "@valibot/to-json-schema"],
	},
	"server.ts": { layers: ["durable", "edge", "jobs"], packages: [] },
	"elsewhere.ts": { layers: ["jobs"], packages: [] },
	"package.ts": { layers: ["server.ts", "jobs", "protocol"], packages: [] },
	client: { layers: ["protocol"], packages: [] },
	react: { layers: ["protocol", "client"], packages: ["react"] },
	testing: { layers: ["protocol", "room", "durable", "jobs", "client"], packages: [] },
	backend: { layers: ["protocol"], packages: ["jose", "standardwebhooks", "valibot"] },
	pages: { layers: ["protocol", "client"], packages: ["hono/jsx", "@tanstack/virtual-core"] },
	"index.ts": { layers: ["server.ts", "app.ts"], packages: [] },
	cli: { layers: ["protocol"], packages: ["jose", "node:fs", "node:util"] },
	"bindings.d.ts": { layers: ["durable"], packages: [] },
};

/** `src/room/turn.ts` is of the layer `room`; `src/index.ts` is one by itself. */
function layerOf(path: string): string {
	return path.split("/")[1] ?? path;
}

/** Sentences that say what is wrong in these sources, by path from the repository's root. */
export function findFaults(sources: ReadonlyMap<string, string>): string[] {
	const faults: string[] = [];
	const edges = new Map<string, string[]>();
	for (const [path, source] of sources) {
		const layer = LAYERS[layerOf(path)];
		if (layer === undefined) {
			faults.push(`${path} is in no layer`);
			continue;
		}
		const targets: string[] = [];
		edges.set(path, targets);
		for (const { specifier, isBarrel } of readImports(path, source)) {
			if (isBarrel) faults.push(`${path} is a barrel: export * from ${specifier}`);
			if (specifier === null) faults.push(`${path} imports what cannot be read`);
			else if (specifier.startsWith(".")) {
				const target = resolvePath(path, specifier);
				targets.push(target);
				if (/\.tsx?$/.test(target) && !sources.has(target))
					faults.push(`${path} imports ${target}, which is no source`);
				const to = layerOf(target);
				if (to !== layerOf(path) && !layer.layers.includes(to)) faults.push(`${path} imports ${target}`);
			} else if (!layer.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
				faults.push(`${path} imports the package ${specifier}`);
			}
		}
	}
	return [...faults, ...findCycles(edges)];
}

function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
	const cycles: string[] = [];
	const done = new Set<string>();
	const visit = (path: string, trail: readonly string[]): void => {
		const start = trail.indexOf(path);
		if (start !== -1) cycles.push(`a cycle: ${[...trail.slice(start), path].join(" -> ")}`);
		if (start !== -1 || done.has(path)) return;
		for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
		done.add(path);
	};
	for (const path of edges.keys()) visit(path, []);
	return cycles;
}
