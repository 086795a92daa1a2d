import { useState } from "react";
import { hooksOf, RoomProvider } from "rotunda/react";
import type { app } from "../server/app.ts";

const { useConnection, useEvents, useMembers, useRoom, useSignal } = hooksOf<typeof app>();

export default function App() {
	const name = new URLSearchParams(location.search).get("name") ?? "Somebody";
	return <RoomProvider url="/rooms/lobby" name={name} children={<Chat />} />;
}

function Chat() {
	const room = useRoom();
	const { kind } = useConnection();
	const { members, count } = useMembers();
	const { events } = useEvents("chat");
	const [cursors, setCursors] = useState<Record<string, { x: number; y: number }>>({});
	const point = useSignal("cursor", ({ from, data }) => setCursors((all) => ({ ...all, [from]: data })));
	const say = (form: FormData) => void room.publish("chat", { text: String(form.get("text")) });
	return (
		<main style={{ minHeight: "100vh" }} onPointerMove={({ clientX: x, clientY: y }) => point({ x, y })}>
			<p>{kind === "live" ? `${count} here: ${[...members.values()].map(({ name }) => name).join(", ")}` : kind}</p>
			<ol>
				{events.map(({ seq, author, data }) => (
					<li key={seq}>{data === null ? "(taken back)" : `${author}: ${data.text}`}</li>
				))}
			</ol>
			<form action={say}>
				<input name="text" aria-label="Message" required maxLength={2000} />
			</form>
			{[...members.values()].map(({ id, name }) => {
				const at = cursors[id];
				return (
					at && (
						<b key={id} style={{ position: "fixed", left: at.x, top: at.y, pointerEvents: "none" }}>{`➤ ${name}`}</b>
					)
				);
			})}
		</main>
	);
}
