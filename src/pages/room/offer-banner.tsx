/** Asks whether one wants to be who a link's token says. */
import { useLayoutEffect, useRef } from "hono/jsx/dom";
import { useStore } from "../store.ts";
import type { Visit } from "./visit.ts";

export function OfferBanner({ visit }: { visit: Visit }) {
	const { token, name } = useStore(visit.offer);
	const stay = useRef<HTMLButtonElement>(null);
	/** Where one was, to go back to. */
	const before = useRef<Element | null>(null);
	useLayoutEffect(() => {
		if (token === null) return;
		before.current = document.activeElement;
		stay.current?.focus();
	}, [token]);
	if (token === null) return null;
	const answer = (isYes: boolean): void => {
		if (isYes) visit.presentToken(token);
		visit.offer.withdraw();
		if (before.current instanceof HTMLElement) before.current.focus();
	};
	return (
		<div
			class="banner offer"
			role="alertdialog"
			aria-labelledby="offer-what"
			aria-describedby="offer-advice"
			onKeyDown={(key: KeyboardEvent) => {
				if (key.key === "Escape") answer(false);
			}}
		>
			<p>
				<b class="what" id="offer-what">
					A link wants to sign you in{name === null ? "" : " as "}
					{name !== null && <bdi>{name}</bdi>}.
				</b>{" "}
				<span id="offer-advice">Until you agree, you stay here as who you are. Agree if you asked for that link.</span>
			</p>
			<div class="choices">
				<button type="button" ref={stay} onClick={() => answer(false)}>
					Stay as I am
				</button>
				<button type="button" class="primary" onClick={() => answer(true)}>
					Sign in
				</button>
			</div>
		</div>
	);
}
