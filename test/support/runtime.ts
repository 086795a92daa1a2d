/** A probe in workerd itself: the room's Worker with a second door, through which tests look inside and plant faults. */
import { join } from "node:path";
import { type Served, type Way, workerd } from "./workerd.ts";

export type Runtime = Served;

export interface RuntimeOptions extends Way {
	/** The folder of the Worker, under `probe/`. */
	probe?: string;
}

export async function runtime(
	vars: Record<string, string> = {},
	{ probe = ".", ...way }: RuntimeOptions = {},
): Promise<Runtime> {
	const server = await workerd(
		{
			folder: join(import.meta.dirname, "probe", probe),
			flags: ["no_web_socket_compression"],
			vars: { PUBLISH_PER_SECOND: "0", SIGNAL_PER_SECOND: "0", ...vars },
			objects: { ROOMS: "ProbedRoom" },
		},
		way,
	);
	await server.child.answers(server.port).catch(async (error: unknown) => {
		await server.dispose();
		throw error;
	});
	return server;
}
