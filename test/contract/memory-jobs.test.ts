/** The reference store keeps the contract for jobs. */
import { MemoryStore } from "../../src/room/memory-store.ts";
import { describeJobs } from "./jobs-contract.ts";

describeJobs("MemoryStore", async (body) => body(new MemoryStore()));
