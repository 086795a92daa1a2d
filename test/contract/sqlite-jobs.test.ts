/** The store that rooms live on keeps the contract for jobs, inside workerd, within the bounds of production. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach } from "vitest";
import { SqliteStore } from "../../src/durable/sqlite-store.ts";
import { describeJobs } from "./jobs-contract.ts";
import { strict } from "./strict-storage.ts";

afterEach(reset);

describeJobs("SqliteStore", (body) =>
	runInDurableObject(env.ROOMS.getByName("contract"), (_, { storage }) => body(new SqliteStore(strict(storage)))),
);
