/** Times as people read them, in their own language. */
const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const DAY_OF_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function timeOf(at: number): string {
	return TIME.format(at);
}

export function fullTimeOf(at: number): string {
	return FULL.format(at);
}

/** Equal for two times of one day. */
export function dayOf(at: number): number {
	return new Date(at).setHours(0, 0, 0, 0);
}

/** When the day is over; not every day has 24 hours. */
export function nextDay(day: number): number {
	const next = new Date(day);
	return next.setDate(next.getDate() + 1);
}

export function dayNameOf(day: number): string {
	const today = dayOf(Date.now());
	if (day === today) return "Today";
	if (day === dayOf(today - 1)) return "Yesterday";
	const isThisYear = new Date(day).getFullYear() === new Date(today).getFullYear();
	return (isThisYear ? DAY : DAY_OF_YEAR).format(day);
}
