/** `rotunda/testing`: rooms in memory, for the tests of one's own app. */
import type { App } from "../jobs/define.ts";
import { TestRoom, type TestRoomOptions } from "./test-room.ts";

export type { TestJob, WaitingJobs } from "./jobs.ts";
export type { JoinAs, StoredEntry, TestRoom, TestRoomOptions } from "./test-room.ts";

/** A room of this app's. Nothing happens in it but what the test does, and what time brings that the test lets pass. */
export function testRoom(app: App, options: TestRoomOptions = {}): TestRoom {
	return new TestRoom(app, options);
}
