/** Somebody in a room: `node say.ts "Tea, @ada?"` */
import { joinRoom } from "rotunda/client";
import type { app } from "./app.ts";

const [, , text = "Tea, @ada?", url = "http://localhost:8787"] = process.argv;
const room = joinRoom<typeof app>(`${url}/rooms/lobby`, { name: "Bob" });
await room.publish("chat", { text });
room.leave();
