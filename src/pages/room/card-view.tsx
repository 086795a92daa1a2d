/** A card under the message that links there: text, and a picture only where the server allows it. */
import type { Event } from "../../protocol/messages.ts";
import { cardOf } from "./card.ts";

/** Pictures come from strangers' hosts, which learn who looks: the Worker says whether they may. */
const ARE_IMAGES_ON = document.documentElement.dataset.images === "on";

export function CardView({ event }: { event: Event }) {
	const card = cardOf(event);
	if (card === null) return null;
	const { url, host, title, description, image } = card;
	return (
		<a class="card" href={url} target="_blank" rel="noopener noreferrer nofollow ugc">
			<span class="gist">
				{title !== "" && (
					<bdi class="card-title" dir="auto">
						{title}
					</bdi>
				)}
				{description !== "" && (
					<bdi class="description" dir="auto">
						{description}
					</bdi>
				)}
				<bdi class="host" dir="ltr">
					{host}
				</bdi>
			</span>
			{ARE_IMAGES_ON && image !== null && <Picture address={image} />}
		</a>
	);
}

function Picture({ address }: { address: string }) {
	const dropBroken = ({ currentTarget }: { currentTarget: EventTarget | null }): void => {
		if (currentTarget instanceof HTMLElement) currentTarget.hidden = true;
	};
	// How it is loaded must stand before what is loaded.
	return <img loading="lazy" referrerpolicy="no-referrer" alt="" src={address} onError={dropBroken} />;
}
