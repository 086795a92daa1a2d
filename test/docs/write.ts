/** `npm run docs`: writes the tables of docs/protocol.md anew. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { PAGE, readPage, withTables } from "./page.ts";
import { TABLES } from "./tables.ts";

writeFileSync(PAGE, withTables(readPage(), TABLES));
execFileSync("biome", ["format", "--write", PAGE], { stdio: "inherit" });
