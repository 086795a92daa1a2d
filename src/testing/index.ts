/** `rotunda/testing`: rooms in memory, for the tests of one's own app. */
import type { App } from "../jobs/define.ts";
import { TestRoom, type TestRoomOptions } from "./test-room.ts";

export { explore, type Found } from "./explore/explore.ts";
export type { Backend, Claim, Draw, ExploreOptions, Fault, Plan, View } from "./explore/plan.ts";
export type { TestJob, WaitingJobs } from "./jobs.ts";
export type { JoinAs, StoredEntry, TestRoom, TestRoomOptions } from "./test-room.ts";

/**
 * A room of this app's. Nothing happens in it but what the test does, and what time brings that the test lets pass.
 * @param app or a function that makes it: that is called again whenever the room's memory is lost, as a Worker loads its
 * modules again. Then {@link TestRoom.sleep} also finds what the app itself keeps in memory.
 */
export function testRoom<A extends App>(app: A | (() => A), options: TestRoomOptions = {}): TestRoom<A> {
	return new TestRoom(typeof app === "function" ? app : () => app, options);
}
