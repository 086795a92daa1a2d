/** Where one writes. Enter sends, Shift+Enter begins a new line. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import { useStore } from "../store.ts";
import { chatBytes } from "./chat.ts";
import { TypingLine } from "./typing-line.tsx";
import type { Visit } from "./visit.ts";

/** What is being written in the area, until it is sent; `complaint` is why it was not. */
function useWriting(visit: Visit, isOff: boolean) {
	const area = useRef<HTMLTextAreaElement>(null);
	const [complaint, setComplaint] = useState<string | null>(null);

	// On coming in, and on coming in again: one may begin to write. Whoever is elsewhere stays there.
	useLayoutEffect(() => {
		if (isOff) return;
		// Not before it is in the page, which a first drawing is when it is whole.
		queueMicrotask(() => {
			if (document.activeElement === document.body) area.current?.focus({ preventScroll: true });
		});
	}, [isOff]);

	const send = (): void => {
		const element = area.current;
		if (element === null || isOff) return;
		const text = element.value.toWellFormed().trim();
		if (text === "") return;
		const bytes = chatBytes(text);
		const most = visit.eventBytesMax;
		if (bytes > most) {
			setComplaint(`That is too long: ${bytes} bytes, and a message here has at most ${most}. Send it in parts.`);
			return;
		}
		visit.outgoing.send(visit.room, text);
		if (visit.isHeard) visit.typing.say(visit.room, false);
		element.value = "";
		setComplaint(null);
		element.focus();
	};

	const onInput = (): void => {
		setComplaint(null);
		if (visit.isHeard) visit.typing.say(visit.room, area.current?.value.trim() !== "");
	};

	return { area, complaint, send, onInput };
}

export function Composer({ visit }: { visit: Visit }) {
	const { state } = useStore(visit.status);
	const { whyNotWrite } = useStore(visit.permission);
	const isStopped = state.kind === "stopped";
	const isOff = isStopped || whyNotWrite !== null;
	const { area, complaint, send, onInput } = useWriting(visit, isOff);

	const onKeyDown = (key: KeyboardEvent): void => {
		// In the middle of composing a character, Enter belongs to the input method.
		if (key.key !== "Enter" || key.shiftKey || key.isComposing) return;
		key.preventDefault();
		send();
	};

	return (
		<form
			class="composer"
			onSubmit={(submit: Event) => {
				submit.preventDefault();
				send();
			}}
		>
			<TypingLine visit={visit} />
			<div class={isOff ? "writing off" : "writing"}>
				<label class="unseen" for="message">
					Message
				</label>
				<textarea
					id="message"
					ref={area}
					rows={1}
					dir="auto"
					placeholder={
						isStopped ? "You are not in the room" : whyNotWrite !== null ? "Reading only" : "Write a message"
					}
					disabled={isOff}
					enterkeyhint="send"
					autocomplete="off"
					aria-describedby="composer-barred composer-complaint"
					onKeyDown={onKeyDown}
					onInput={onInput}
				/>
				<button type="submit" class="primary send" disabled={isOff} aria-label="Send" title="Send (Enter)">
					<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
						<path d="M10 16.5V4M4.5 9.2 10 3.7l5.5 5.5" />
					</svg>
				</button>
			</div>
			<p id="composer-barred" class="barred" role="status" dir="auto">
				{isStopped ? "" : (whyNotWrite ?? "")}
			</p>
			<p id="composer-complaint" class="complaint" role="alert">
				{complaint ?? ""}
			</p>
		</form>
	);
}
