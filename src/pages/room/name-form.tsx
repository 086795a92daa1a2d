/** Changes the name by which one is shown. */
import { useLayoutEffect, useRef } from "hono/jsx/dom";
import { NAME_BYTES_MAX } from "../../protocol/limits.ts";
import { readableName } from "../display-name.ts";

export interface NameFormProps {
	name: string;
	/** Undefined where the field was emptied: the room gives a name. */
	onName: (name: string | undefined) => void;
	onCancel: () => void;
}

export function NameForm({ name, onName, onCancel }: NameFormProps) {
	const field = useRef<HTMLInputElement>(null);
	useLayoutEffect(() => {
		if (field.current === null) return;
		field.current.value = name;
		field.current.select();
		field.current.focus();
	}, []);
	return (
		<form
			class="name-form"
			onKeyDown={(key: KeyboardEvent) => {
				if (key.key !== "Escape") return;
				// Closes the form alone, not the panel around it.
				key.stopPropagation();
				onCancel();
			}}
			onSubmit={(submit: Event) => {
				submit.preventDefault();
				onName(readableName(field.current?.value ?? ""));
			}}
		>
			<label for="name">Your name</label>
			<input
				id="name"
				ref={field}
				dir="auto"
				maxLength={NAME_BYTES_MAX}
				autocomplete="nickname"
				placeholder="A guest"
			/>
			<div class="choices">
				<button type="submit" class="primary">
					Save
				</button>
				<button type="button" onClick={onCancel}>
					Cancel
				</button>
			</div>
		</form>
	);
}
