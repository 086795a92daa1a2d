"""A member of a room in Python, on `websockets`, written from docs/protocol.md alone.

Joins the room at argv[1], publishes each line that it reads, and prints what it hears, one JSON object a line:
{"joined": continuity}, {"event": seq, "text": ...}, {"answered": text}, {"refused": code}, {"lost": reason},
{"stopped": reason}. It ends when it has read the last line and everything is answered. The rules it keeps are quoted.
"""

import asyncio
import json
import random
import sys
import uuid

import websockets

PASSING = ("rate_limited", "overloaded", "internal")  # [P-10]
UNANSWERED_MAX = 100  # [P-11]
OPEN_SECONDS_MAX, SILENT_SECONDS_MAX = 8, 15  # [H-5]
PONG_SECONDS_MAX = 10  # [H-2]
BACKOFF_SECONDS_MIN, BACKOFF_SECONDS_MAX = 0.25, 30  # [H-4]


class Stopped(Exception):
    """The room does not want this member back."""


def tell(**what):
    print(json.dumps(what), flush=True)


class Member:
    def __init__(self, url):
        self.url = url
        self.key = None  # [J-7]
        self.epoch = None
        self.seen = None  # With the epoch: the cursor, [R-2].
        self.me = None
        self.heartbeat_seconds = 20
        self.frame_bytes = 65536
        self.messages_per_frame = 100
        self.waiting = {}  # What has no answer yet, by its id, in the order in which it was said.
        self.sent = set()  # Ids that went out on this connection.
        self.alone = False  # True after a passing refusal: one at a time keeps the order, [P-10].
        self.not_before = 0.0
        self.is_live = False
        self.attempts = 0
        self.retry_after = 0.0
        self.heard_at = 0.0
        self.something = asyncio.Event()
        self.has_said_all = False
        self.is_leaving = False

    # What is said.

    def say(self, text):
        id = str(uuid.uuid4())  # [P-2]
        self.waiting[id] = {"type": "publish", "id": id, "name": "chat", "data": {"text": text}}
        self.something.set()

    def answered(self, id):
        message = self.waiting.pop(id, None)
        self.sent.discard(id)
        if message is not None:
            tell(answered=message["data"]["text"])
            self.something.set()

    async def send_what_waits(self, socket):
        """[P-3]: the oldest first, after `caught-up`."""
        clock = asyncio.get_running_loop().time
        while True:
            await self.something.wait()
            self.something.clear()
            if self.has_said_all and not self.waiting:
                self.is_leaving = True
                await socket.close()  # [H-6]
                return
            if not self.is_live:
                continue
            if clock() < self.not_before:
                await asyncio.sleep(self.not_before - clock())
            most = 1 if self.alone else UNANSWERED_MAX
            frame, size = [], 2
            for id, message in list(self.waiting.items()):
                if len(self.sent) >= most:
                    break
                if id in self.sent:
                    continue
                text = json.dumps(message)
                if frame and (size + len(text) + 1 > self.frame_bytes or len(frame) == self.messages_per_frame):
                    await socket.send("[" + ",".join(frame) + "]")
                    frame, size = [], 2
                frame.append(text)
                size += len(text) + 1
                self.sent.add(id)
            if frame:
                await socket.send("[" + ",".join(frame) + "]")

    # What is heard.

    async def hear(self, message, socket):
        kind = message["type"]
        if kind == "welcome":
            self.welcomed(message)
        elif kind == "event":
            self.heard(message)
        elif kind == "caught-up":
            self.seen = message["head"]
            self.attempts = 0
            self.is_live = True
            self.something.set()
        elif kind == "ack":
            self.answered(message["id"])
        elif kind == "job" and message["state"] in ("done", "failed"):
            await socket.send(json.dumps({"type": "received", "jobs": [message["job"]]}))  # [K-3]
        elif kind == "error":
            self.refused(message)
        # [F-4]: what else comes is not for this client.

    def welcomed(self, welcome):
        self.key = welcome.get("resume", self.key)
        self.me = welcome["me"]["id"]
        self.epoch = welcome["epoch"]
        if welcome["continuity"] != "resumed":
            self.seen = None
        limits = welcome["limits"]
        self.heartbeat_seconds = limits["heartbeatMs"] / 1000
        self.frame_bytes = limits["frameBytes"]
        self.messages_per_frame = limits["messagesPerFrame"]
        self.is_live = False
        self.sent.clear()
        tell(joined=welcome["continuity"], reason=welcome.get("reason"))

    def heard(self, event):
        seq = event["seq"]
        if self.seen is not None and seq != self.seen + 1:
            raise ConnectionError(f"a gap: {seq} after {self.seen}")
        self.seen = seq
        tell(event=seq, text=event["data"]["text"] if event["name"] == "chat" and event["data"] else None)
        if event["from"] == self.me and "id" in event:
            self.answered(event["id"])  # [P-1]

    def refused(self, error):
        tell(refused=error["code"])
        wait = error.get("retryAfterMs", 1000) / 1000
        self.retry_after = error.get("retryAfterMs", 0) / 1000
        id = error.get("id")
        if id is None or id not in self.waiting:
            return
        if error["code"] in PASSING:
            self.alone = True
            self.not_before = asyncio.get_running_loop().time() + wait
            self.sent.discard(id)
            self.something.set()
        else:
            self.answered(id)

    # The connection.

    async def beat(self, socket):
        clock = asyncio.get_running_loop().time
        while True:
            asked_at = clock()
            await socket.send("ping")  # [H-1]: the first at once.
            await asyncio.sleep(PONG_SECONDS_MAX)
            if self.heard_at < asked_at:
                raise ConnectionError("nothing came after a ping")  # [H-2]
            await asyncio.sleep(max(0, self.heartbeat_seconds - PONG_SECONDS_MAX))

    async def read(self, socket):
        is_welcomed = False
        while True:
            frame = await (socket.recv() if is_welcomed else asyncio.wait_for(socket.recv(), SILENT_SECONDS_MAX))
            self.heard_at = asyncio.get_running_loop().time()
            if frame == "pong":
                continue
            for message in json.loads(frame):
                is_welcomed = is_welcomed or message["type"] == "welcome"
                await self.hear(message, socket)

    async def join(self):
        since = "" if self.seen is None else f"?since={self.epoch}.{self.seen}"
        offer = ["rotunda.v1"] + ([] if self.key is None else [f"resume.{self.key}"])
        self.is_live = False
        self.sent.clear()
        connecting = websockets.connect(
            self.url + since, subprotocols=offer, compression=None, ping_interval=None, open_timeout=OPEN_SECONDS_MAX
        )
        async with connecting as socket:
            self.retry_after = 0.0
            self.something.set()
            tasks = [asyncio.ensure_future(task(socket)) for task in (self.read, self.beat, self.send_what_waits)]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def stay(self):
        while True:
            try:
                await self.join()
                return
            except websockets.exceptions.ConnectionClosed as closed:
                if self.is_leaving:
                    return
                code = closed.rcvd.code if getattr(closed, "rcvd", None) is not None else 1006
                if 4500 <= code <= 4999 or code == 4003:  # [C-1]
                    raise Stopped(f"closed {code}") from closed
                tell(lost=f"closed {code}")
            except websockets.exceptions.InvalidHandshake as refused:
                self.judge(refused)
            except (OSError, EOFError, asyncio.TimeoutError, websockets.exceptions.WebSocketException) as reason:
                tell(lost=f"{type(reason).__name__} {reason}")
            bound = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2**self.attempts)  # [H-4]
            self.attempts = min(self.attempts + 1, 16)
            await asyncio.sleep(random.random() * bound + self.retry_after)

    def judge(self, refused):
        """[J-9]: of a status some are to be tried again."""
        response = getattr(refused, "response", None)
        status = getattr(refused, "status_code", None) or getattr(response, "status_code", None)
        headers = getattr(refused, "headers", None) or getattr(response, "headers", None) or {}
        if status is not None and status not in (429, 500, 503):
            raise Stopped(f"refused {status}") from refused
        self.retry_after = float(headers.get("Retry-After", 0))
        tell(lost=f"refused {status}")


async def main():
    member = Member(sys.argv[1])
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)

    async def read_lines():
        while line := await lines.readline():
            member.say(line.decode().rstrip("\n"))
        member.has_said_all = True
        member.something.set()

    reading = asyncio.ensure_future(read_lines())
    try:
        await member.stay()
    except Stopped as reason:
        tell(stopped=str(reason))
    reading.cancel()


asyncio.run(main())
