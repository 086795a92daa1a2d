import { createRoomServer, defineApp } from "rotunda";

const rooms = createRoomServer(defineApp({ events: { "*": { from: "members" } } }));
export class RoomObject extends rooms.RoomObject {}
export default rooms;
