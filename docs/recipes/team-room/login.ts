/** The login that you have already; here people and sessions are in memory, and a name is enough. */
export interface Person {
	id: string;
	name: string;
	team: string;
	isLead: boolean;
}

const PEOPLE: readonly Person[] = [
	{ id: "ada", name: "Ada", team: "red", isLead: true },
	{ id: "bob", name: "Bob", team: "red", isLead: false },
	{ id: "cem", name: "Cem", team: "blue", isLead: false },
];
const sessions = new Map<string, Person>();

export async function logIn(request: Request): Promise<Response> {
	const { id } = (await request.json()) as { id: string };
	const person = PEOPLE.find((each) => each.id === id);
	if (person === undefined) return new Response("Nobody of that name.", { status: 401 });
	const session = crypto.randomUUID();
	sessions.set(session, person);
	const cookie = `session=${session}; HttpOnly; SameSite=Strict; Path=/`;
	return Response.json(person, { headers: { "Set-Cookie": cookie } });
}

export function whoIs(request: Request): Person | null {
	const [, session = ""] = /session=([\w-]+)/.exec(request.headers.get("Cookie") ?? "") ?? [];
	return sessions.get(session) ?? null;
}
