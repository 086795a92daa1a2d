/** Who says what follows. */
import type { PropsWithChildren } from "hono/jsx/dom";
import { Avatar } from "./avatar.tsx";
import { hueOf } from "./hue.ts";

export function Byline({
	member,
	name,
	isMine,
	children,
}: PropsWithChildren<{ member: string; name: string; isMine: boolean }>) {
	return (
		<p class="byline">
			<Avatar member={member} name={name} />
			<bdi class="author tinted" style={{ "--hue": hueOf(member) }}>
				{name}
			</bdi>
			{isMine && <span class="you">you</span>}
			{children}
		</p>
	);
}
