/** Who is here. Beside the messages where there is room, else a panel that slides over them. */
import { memo, useState } from "hono/jsx/dom";
import type { Member } from "../../protocol/messages.ts";
import { keepName } from "../display-name.ts";
import { useStore } from "../store.ts";
import { Avatar } from "./avatar.tsx";
import { NameForm } from "./name-form.tsx";
import type { Visit } from "./visit.ts";

export function RosterPanel({ visit, isOpen, onClose }: { visit: Visit; isOpen: boolean; onClose: () => void }) {
	const { members, count, unnamed, me } = useStore(visit.roster);
	const [isRenaming, setRenaming] = useState(false);
	const rename = (name: string | undefined): void => {
		keepName(name);
		setRenaming(false);
		visit.rename(name);
	};
	return (
		<aside id="roster" class={isOpen ? "roster open" : "roster"} aria-labelledby="roster-title">
			<header>
				<h2 id="roster-title" tabIndex={-1}>
					Here now <span class="count">{count}</span>
				</h2>
				<button type="button" class="close" aria-label="Close" onClick={onClose}>
					✕
				</button>
			</header>
			<ul>
				{members.map((member) => (
					<Entry key={member.id} member={member} isMe={member.id === me} />
				))}
				{unnamed > 0 && <li class="unnamed">+{unnamed} more</li>}
			</ul>
			{visit.canRename && me !== null && (
				<footer>
					{isRenaming ? (
						<NameForm name={visit.room.me?.name ?? ""} onName={rename} onCancel={() => setRenaming(false)} />
					) : (
						<button type="button" class="rename" onClick={() => setRenaming(true)}>
							Change your name
						</button>
					)}
				</footer>
			)}
		</aside>
	);
}

const Entry = memo(({ member, isMe }: { member: Member; isMe: boolean }) => (
	<li>
		<Avatar member={member.id} name={member.name} />
		<bdi class="name">{member.name}</bdi>
		{isMe && <span class="you">you</span>}
	</li>
));
