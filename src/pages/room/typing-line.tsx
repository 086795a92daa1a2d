/** The line above the composer: who is typing, or what the room just refused. */
import { useStore } from "../store.ts";
import type { Visit } from "./visit.ts";

const NAMED_MAX = 3;

export function TypingLine({ visit }: { visit: Visit }) {
	const { members } = useStore(visit.typing);
	const { notice } = useStore(visit.status);
	useStore(visit.roster);
	if (notice !== null) {
		return (
			<p class="typing wrong" role="status" dir="auto">
				{notice}
			</p>
		);
	}
	const names = members.slice(0, NAMED_MAX).map((member) => visit.roster.nameOf(member));
	const others = members.length - names.length;
	return (
		<p class="typing">
			{members.length > 0 && (
				<>
					<span class="dots" aria-hidden="true">
						<i />
						<i />
						<i />
					</span>
					{names.map((name, index) => (
						<span key={`${index} ${name}`}>
							{index === 0 ? "" : index === names.length - 1 && others === 0 ? " and " : ", "}
							<bdi>{name}</bdi>
						</span>
					))}
					{others > 0 && <span> and {others} more</span>}
					<span>{members.length === 1 ? " is typing" : " are typing"}</span>
				</>
			)}
		</p>
	);
}
