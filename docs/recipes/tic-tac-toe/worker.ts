import { createRoomServer } from "rotunda";
import { app } from "./app.ts";

const rooms = createRoomServer(app);
export class RoomObject extends rooms.RoomObject {}
export default rooms;
