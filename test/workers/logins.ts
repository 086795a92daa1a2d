/**
 * Seven logins: the claims of a token as each of them makes it, by its own documentation, and the `admit` that
 * docs/access.md shows for it, letter for letter.
 */
import type { AppDefinition } from "../../src/jobs/definition.ts";
import { CAPABILITIES } from "../../src/protocol/messages.ts";

type Admit = NonNullable<AppDefinition["admit"]>;

export interface Login {
	name: string;
	vars: { TOKEN_ISSUER: string; TOKEN_AUDIENCE: string };
	alg: "RS256" | "ES256";
	/** What it says of one who may enter `room`. */
	claims: Record<string, unknown>;
	room: string;
	/** Claims of its own that do not open the room. */
	strangers: Record<string, unknown>[];
	admit: Admit;
	me: { id: string; name: string; can: readonly string[] };
}

const PEOPLE = ["read", "publish", "signal", "presence", "job"] as const;

export const LOGINS: readonly Login[] = [
	{
		name: "Auth0",
		vars: { TOKEN_ISSUER: "https://tenant.eu.auth0.com/", TOKEN_AUDIENCE: "https://rooms.example.com" },
		alg: "RS256",
		claims: {
			sub: "auth0|5f7c8ec7c33c6c004bbafe82",
			aud: ["https://rooms.example.com", "https://tenant.eu.auth0.com/userinfo"],
			azp: "my_client_id",
			scope: "openid profile email",
			org_id: "org_9ybsU1dN2dKfDkBi",
			permissions: ["rooms:moderate"],
		},
		room: "org_9ybsU1dN2dKfDkBi",
		strangers: [{ org_id: "org_other" }, { org_id: undefined }],
		admit: ({ sub, org_id, name, permissions }, room) => {
			if (room !== org_id) return null;
			const isModerator = Array.isArray(permissions) && permissions.includes("rooms:moderate");
			return { member: String(sub).replaceAll("|", ":"), name, can: isModerator ? CAPABILITIES : PEOPLE };
		},
		me: { id: "auth0:5f7c8ec7c33c6c004bbafe82", name: "auth0:5f7c8ec7c33c6c004bbafe82", can: CAPABILITIES },
	},
	{
		name: "Clerk",
		vars: { TOKEN_ISSUER: "https://clerk.example.com", TOKEN_AUDIENCE: "" },
		alg: "RS256",
		claims: {
			sub: "user_2Nbk1dfvXmTUjTzb1oN0SvGkNqd",
			azp: "https://example.com",
			sid: "sess_2Nbk1dfvXmTUjTzb1oN0SvGkNqe",
			jti: "f0a1b2c3d4e5f6a7b8c9",
			v: 2,
			sts: "active",
			pla: "u:free,o:pro",
			fea: "o:rooms",
			fva: [9, -1],
			o: { id: "org_2Nbk1dfvXmTUjTzb1oN0SvGkNqf", rol: "admin", slg: "acme", per: "read,manage", fpm: "3" },
		},
		room: "acme",
		strangers: [
			{ o: undefined },
			{ o: { slg: "other" } },
			{ azp: "https://evil.example" },
			{ azp: undefined },
			// Signed in, but not through with what the login asks.
			{ sts: "pending" },
			// As version 1 had it.
			{ o: undefined, org_slug: "acme", org_role: "org:admin" },
		],
		admit: ({ sub, azp, sts, o, name }, room) => {
			const organization = o as { slg?: string; rol?: string } | undefined;
			if (azp !== "https://example.com" || sts === "pending" || room !== organization?.slg) return null;
			return { member: String(sub), name, can: organization.rol === "admin" ? CAPABILITIES : PEOPLE };
		},
		me: {
			id: "user_2Nbk1dfvXmTUjTzb1oN0SvGkNqd",
			name: "user_2Nbk1dfvXmTUjTzb1oN0SvGkNqd",
			can: CAPABILITIES,
		},
	},
	{
		name: "Cognito",
		vars: { TOKEN_ISSUER: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE", TOKEN_AUDIENCE: "" },
		alg: "RS256",
		claims: {
			sub: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
			client_id: "55y9q3oe5kpt3example",
			token_use: "access",
			scope: "aws.cognito.signin.user.admin",
			version: 2,
			event_id: "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee",
			auth_time: 1795000000,
			username: "ada",
			"cognito:groups": ["team-a"],
			origin_jti: "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee",
		},
		room: "team-a",
		strangers: [
			{ client_id: "another" },
			{ token_use: "id", client_id: undefined },
			{ "cognito:groups": undefined },
			{ "cognito:groups": "xteam-a" },
		],
		admit: ({ sub, client_id, token_use, username, "cognito:groups": groups }, room) => {
			if (token_use !== "access" || client_id !== "55y9q3oe5kpt3example") return null;
			if (!Array.isArray(groups) || !groups.includes(room)) return null;
			return { member: String(sub), name: username, can: PEOPLE };
		},
		me: { id: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", name: "ada", can: PEOPLE },
	},
	{
		name: "Firebase",
		vars: { TOKEN_ISSUER: "https://securetoken.google.com/my-project", TOKEN_AUDIENCE: "my-project" },
		alg: "RS256",
		claims: {
			sub: "AbCdEfGhIjKlMnOpQrStUvWxYz12",
			user_id: "AbCdEfGhIjKlMnOpQrStUvWxYz12",
			auth_time: 1795000000,
			aud: "my-project",
			name: "Ada Lovelace",
			picture: "https://example.com/ada.png",
			email: "ada@example.com",
			email_verified: true,
			firebase: { identities: { email: ["ada@example.com"] }, sign_in_provider: "password" },
		},
		room: "lobby",
		strangers: [
			{ email_verified: false },
			// An anonymous user's.
			{ email: undefined, email_verified: undefined, name: undefined, provider_id: "anonymous" },
			{ email_verified: "true" },
		],
		admit: ({ sub, name, email_verified }) => {
			if (email_verified !== true) return null;
			return { member: String(sub), name, can: PEOPLE };
		},
		me: { id: "AbCdEfGhIjKlMnOpQrStUvWxYz12", name: "Ada Lovelace", can: PEOPLE },
	},
	{
		name: "Supabase",
		vars: { TOKEN_ISSUER: "https://abcdefghijkl.supabase.co/auth/v1", TOKEN_AUDIENCE: "authenticated" },
		alg: "ES256",
		claims: {
			sub: "5c1ad3e2-5d38-4b3a-8a3c-2b5d6c7e8f90",
			aud: "authenticated",
			role: "authenticated",
			aal: "aal1",
			amr: [{ method: "password", timestamp: 1795000000 }],
			session_id: "0b6c1f0e-0d53-4d0e-9a0c-7a9b8c6d5e4f",
			email: "",
			phone: "",
			is_anonymous: false,
			app_metadata: { provider: "email", providers: ["email"], team: "team-a" },
			user_metadata: { full_name: "Ada Lovelace" },
		},
		room: "team-a",
		strangers: [
			{ app_metadata: {} },
			{ app_metadata: { team: "b" } },
			{ user_metadata: { team: "a" }, app_metadata: undefined },
		],
		admit: ({ sub, app_metadata, user_metadata }, room) => {
			// People write their user_metadata themselves: good for a name, and for nothing else.
			if (room !== (app_metadata as { team?: string } | undefined)?.team) return null;
			const name = (user_metadata as { full_name?: string } | undefined)?.full_name;
			return { member: String(sub), name, can: PEOPLE };
		},
		me: { id: "5c1ad3e2-5d38-4b3a-8a3c-2b5d6c7e8f90", name: "Ada Lovelace", can: PEOPLE },
	},
	{
		name: "Keycloak",
		vars: { TOKEN_ISSUER: "https://login.example.com/realms/acme", TOKEN_AUDIENCE: "account" },
		alg: "RS256",
		claims: {
			sub: "f1b2c3d4-0000-4000-8000-123456789abc",
			aud: "account",
			typ: "Bearer",
			azp: "my-page",
			sid: "0a1b2c3d",
			acr: "1",
			scope: "openid profile email",
			preferred_username: "ada",
			"allowed-origins": ["https://example.com"],
			realm_access: { roles: ["default-roles-acme", "offline_access", "room-team-a"] },
			resource_access: { account: { roles: ["view-profile"] } },
		},
		room: "team-a",
		strangers: [{ azp: "another-page" }, { realm_access: undefined }, { realm_access: { roles: ["room-team"] } }],
		admit: ({ sub, azp, name, preferred_username, realm_access }, room) => {
			const roles = (realm_access as { roles?: string[] } | undefined)?.roles ?? [];
			if (azp !== "my-page" || !roles.includes(`room-${room}`)) return null;
			return { member: String(sub), name: name ?? preferred_username, can: PEOPLE };
		},
		me: { id: "f1b2c3d4-0000-4000-8000-123456789abc", name: "ada", can: PEOPLE },
	},
	{
		name: "Entra",
		vars: {
			TOKEN_ISSUER: "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0",
			TOKEN_AUDIENCE: "66666666-7777-4888-8999-000000000000",
		},
		alg: "RS256",
		claims: {
			aud: "66666666-7777-4888-8999-000000000000",
			sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
			oid: "00000000-0000-4000-8000-66f3332ecea7",
			azp: "88888888-7777-4888-8999-000000000000",
			azpacr: "0",
			tid: "11111111-2222-4333-8444-555555555555",
			name: "Ada Lovelace",
			preferred_username: "ada@example.com",
			scp: "Rooms.Join",
			roles: ["Rooms.Moderate"],
			ver: "2.0",
			uti: "fqiBqXLPj0eQa82S-IYFAA",
		},
		room: "lobby",
		strangers: [
			{ scp: "User.Read" },
			// An application's own, without a person.
			{ scp: undefined, name: undefined, idtyp: "app", roles: ["Rooms.Join"] },
		],
		admit: ({ oid, sub, name, scp, roles }) => {
			if (!String(scp).split(" ").includes("Rooms.Join")) return null;
			const isModerator = Array.isArray(roles) && roles.includes("Rooms.Moderate");
			return { member: String(oid ?? sub), name, can: isModerator ? CAPABILITIES : PEOPLE };
		},
		me: { id: "00000000-0000-4000-8000-66f3332ecea7", name: "Ada Lovelace", can: CAPABILITIES },
	},
];
