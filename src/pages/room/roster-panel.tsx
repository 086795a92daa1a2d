/** Who is here. Beside the messages where there is room, else a panel that slides over them. */
import { memo, useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import type { Member } from "../../protocol/messages.ts";
import { keepName } from "../display-name.ts";
import { useStore } from "../store.ts";
import { Avatar } from "./avatar.tsx";
import { NameForm } from "./name-form.tsx";
import type { Visit } from "./visit.ts";

export function RosterPanel({ visit, isOpen, onClose }: { visit: Visit; isOpen: boolean; onClose: () => void }) {
	const { members, count, unnamed, me } = useStore(visit.roster);
	const { isInTouch } = useStore(visit.status);
	return (
		<aside
			id="roster"
			class={`roster${isOpen ? " open" : ""}${isInTouch ? "" : " stale"}`}
			aria-labelledby="roster-title"
		>
			<header>
				<h2 id="roster-title" tabIndex={-1}>
					Here now {me !== null && <span class="count">{count}</span>}
				</h2>
				{me !== null && !isInTouch && <span class="as-of">as last heard</span>}
				<button type="button" class="close" aria-label="Close" onClick={onClose}>
					<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
						<path d="m5 5 10 10M15 5 5 15" />
					</svg>
				</button>
			</header>
			{/* Over the messages the tab key goes round in here: what scrolls must be on its way. */}
			<ul aria-label="Members" {...(isOpen ? { tabIndex: 0 } : {})}>
				{members.map((member) => (
					<Entry key={member.id} member={member} isMe={member.id === me} />
				))}
				{unnamed > 0 && <li class="unnamed">+{unnamed} more</li>}
			</ul>
			{visit.canRename && me !== null && <Rename visit={visit} />}
		</aside>
	);
}

function Rename({ visit }: { visit: Visit }) {
	const [isRenaming, setRenaming] = useState(false);
	const button = useRef<HTMLButtonElement>(null);
	const wasRenaming = useRef(false);
	useLayoutEffect(() => {
		if (wasRenaming.current && !isRenaming) button.current?.focus();
		wasRenaming.current = isRenaming;
	}, [isRenaming]);
	const rename = (name: string | undefined): void => {
		keepName(name);
		setRenaming(false);
		visit.rename(name);
	};
	return (
		<footer>
			{isRenaming ? (
				<NameForm name={visit.room.me?.name ?? ""} onName={rename} onCancel={() => setRenaming(false)} />
			) : (
				<button type="button" class="rename" ref={button} onClick={() => setRenaming(true)}>
					Change your name
				</button>
			)}
		</footer>
	);
}

const Entry = memo(({ member, isMe }: { member: Member; isMe: boolean }) => (
	<li>
		<Avatar member={member.id} name={member.name} />
		<bdi class="name">{member.name}</bdi>
		{isMe && <span class="you">you</span>}
	</li>
));
