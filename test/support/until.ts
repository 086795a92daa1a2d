/** Asks until it is so; across processes there is no event to await, else `news` resolves with the next one. */
export async function until(
	isSo: () => boolean | Promise<boolean>,
	what: string,
	more: () => string = () => "",
	deadlineMs = 60_000,
	news: () => Promise<void> = () => new Promise(() => {}),
): Promise<void> {
	const giveUpAt = Date.now() + deadlineMs;
	while (!(await isSo())) {
		if (Date.now() > giveUpAt) throw new Error(`Waited ${deadlineMs} ms in vain until ${what}. ${more()}`);
		await soonOr(news());
	}
}

/** After the news, or after a little while without. */
async function soonOr(news: Promise<void>): Promise<void> {
	const { promise: soon, resolve } = Promise.withResolvers<void>();
	const timer = setTimeout(resolve, 25);
	await Promise.race([news, soon]);
	clearTimeout(timer);
}
