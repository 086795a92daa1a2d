/** The reference store keeps the contract. */
import { expect, test } from "vitest";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { eventAt } from "./rows.ts";
import { describeState } from "./state-contract.ts";
import { describeStore } from "./store-contract.ts";

describeStore("MemoryStore", async (body) => body(new MemoryStore()));
describeState("MemoryStore", async (body) => body(new MemoryStore()));

test("MemoryStore is written inside a transaction only", () => {
	expect(() => new MemoryStore().append([eventAt(1)])).toThrow("inside a transaction");
});
