/** The form that leads into a room. */
import { type RefObject, useRef, useState } from "hono/jsx/dom";
import { NAME_BYTES_MAX } from "../../protocol/limits.ts";
import { keepName, keptName, readableName } from "../display-name.ts";
import { complaintAbout, prefix } from "../room-name.ts";

export function Door({ onName }: { onName: (room: string) => void }) {
	const [complaint, setComplaint] = useState<string | null>(null);
	const room = useRef<HTMLInputElement>(null);
	const name = useRef<HTMLInputElement>(null);

	const typed = (): string => room.current?.value.trim() ?? "";

	const goIn = (submit: Event): void => {
		submit.preventDefault();
		const wrong = complaintAbout(typed());
		setComplaint(wrong);
		if (wrong !== null) {
			room.current?.focus();
			return;
		}
		keepName(readableName(name.current?.value ?? ""));
		location.assign(`${prefix}/rooms/${typed()}`);
	};

	const look = (): void => {
		const wrong = complaintAbout(typed());
		// Nobody is told that a field is empty while typing; only what was complained about clears up.
		setComplaint(typed() === "" ? null : wrong);
		if (wrong === null) onName(typed());
	};

	return (
		<form class="door" onSubmit={goIn} noValidate>
			<label class="field">
				<span>Name a room</span>
				<span class="boxed">
					<span class="prefix" aria-hidden="true">
						{prefix}/rooms/
					</span>
					<input
						ref={room}
						name="room"
						value="lobby"
						onInput={look}
						autocomplete="off"
						autocapitalize="none"
						enterkeyhint="go"
						aria-invalid={complaint === null ? "false" : "true"}
						aria-describedby="complaint"
					/>
				</span>
			</label>
			<p id="complaint" class="complaint" role="alert">
				{complaint ?? ""}
			</p>
			<NameField input={name} />
			<button type="submit" class="primary">
				Go in
			</button>
			<p class="hint">Then open the same room in a second window, and see them talk.</p>
		</form>
	);
}

function NameField({ input }: { input: RefObject<HTMLInputElement | null> }) {
	return (
		<label class="field">
			<span>
				Your name <small>if you like</small>
			</span>
			<input
				ref={input}
				name="name"
				dir="auto"
				value={keptName() ?? ""}
				maxLength={NAME_BYTES_MAX}
				autocomplete="nickname"
				placeholder="A guest"
				enterkeyhint="go"
			/>
		</label>
	);
}
