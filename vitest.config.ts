import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { isToBePrinted } from "./test/support/expected-lines.ts";

/** How many times as often each property is tried, and as long it may take. */
const propertyRuns = Number(process.env.PROPERTY_RUNS ?? 1);
/** The name of a fixture to write, or none: see test/fixtures/README.md. */
const fixture = process.env.FIXTURE ?? "";
/** What takes minutes runs where it is asked for. */
const long = [
	...(process.env.FLOW_MINUTES === undefined ? [] : ["test/long/flow-for-ever.test.ts"]),
	...(process.env.IDLE_MINUTES === undefined ? [] : ["test/long/idle-streams.test.ts"]),
];
const bundles = ["test/support/shared-bundles.ts"];
const properties = { provide: { propertyRuns }, testTimeout: 10_000 * propertyRuns };

export default defineConfig({
	test: {
		onConsoleLog: isToBePrinted,
		projects: [
			{
				// What has no platform: rules, bytes and the room's decisions, with time as an input.
				test: {
					name: "pure",
					environment: "node",
					// Loading the same modules for each file anew took longer than the tests.
					isolate: false,
					...properties,
					include: [
						"test/*.test.ts",
						"test/protocol/**/*.test.ts",
						"test/room/**/*.test.ts",
						"test/simulation/**/*.test.ts",
						"test/client/**/*.test.ts",
						"test/testing/**/*.test.ts",
						"test/contract/memory*.test.ts",
						"test/e2e/faults/verdict.test.ts",
						"test/long/soak/rule.test.ts",
					],
				},
			},
			{
				// What only the platform can prove, inside workerd.
				plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
				test: {
					name: "workers",
					isolate: false,
					globalSetup: ["test/workers/runtime-lines.ts"],
					...properties,
					provide: { ...properties.provide, fixture },
					// CommonJS at heart: bundled before it reaches workerd, as wrangler does.
					deps: { optimizer: { ssr: { enabled: true, include: ["obscenity", "standardwebhooks"] } } },
					include:
						fixture === ""
							? ["test/workers/**/*.test.ts", "test/contract/sqlite*.test.ts"]
							: ["test/workers/kept/write.ts"],
				},
			},
			{
				// Whole processes and a browser, patiently: more files at a time than there are cores, for they mostly wait.
				test: {
					name: "e2e",
					environment: "node",
					include: ["test/e2e/**/*.test.ts", ...long],
					exclude: ["test/e2e/cost.test.ts", "test/e2e/faults/verdict.test.ts"],
					globalSetup: [
						...bundles,
						"test/support/built-config.ts",
						"test/support/platforms.ts",
						"test/support/shared-server.ts",
					],
					maxWorkers: 3,
					sequence: { groupOrder: 1 },
					testTimeout: 180_000,
					hookTimeout: 180_000,
				},
			},
			{
				// Attackers take every core that they get: beside others each would spoil the other's times.
				test: {
					name: "cost",
					environment: "node",
					include: ["test/e2e/cost.test.ts"],
					globalSetup: bundles,
					maxWorkers: 1,
					sequence: { groupOrder: 2 },
					testTimeout: 180_000,
				},
			},
		],
	},
});
