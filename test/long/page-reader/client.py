"""A client of a room, written from protocol.md alone (version 1). The ids in the comments are that page's.

    c = RoomClient("http://localhost:8787/rooms/lobby", name="Ada", on_event=print)
    c.start()
    seq = await c.publish("chat", {"text": "hi"})     # may be called at any time, also while there is no connection
    await c.close()

It hears each event once, in order, without a gap, over lost connections; each publish lands once, in the order of the
calls, and its future resolves to the seq, or raises Refused. With window=1 that order holds even where the room says
`rate_limited` in between (P-10).
"""
import asyncio
import json
import random
import socket
import struct
import time
import traceback
import urllib.parse
import uuid
from collections import Counter

import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatusCode

OPEN_S, WELCOME_S, PONG_S, HEARTBEAT_S = 8, 15, 10, 20          # H-5, H-2, H-1
BACKOFF_S, BACKOFF_MAX_S = 0.25, 30                             # H-4
PASSING = {"rate_limited", "overloaded", "internal"}            # P-10


class Refused(Exception):
    """The room refused a publish for good."""

    def __init__(self, code, message="", **more):
        super().__init__(f"{code}: {message}")
        self.code, self.more = code, more


class Stopped(Exception):
    """The client stopped for good (C-1, J-9); what was unanswered is lost (C-2)."""


class Fault(Exception):
    """The order of R-1 was broken."""


class _Pub:
    __slots__ = ("id", "text", "future", "sent_in", "not_before", "sends", "held")

    def __init__(self, id, text, future):
        self.id, self.text, self.future = id, text, future
        self.sent_in = None       # the generation (welcome) in which it was last sent
        self.not_before = 0.0
        self.sends = 0
        self.held = False


class RoomClient:
    def __init__(self, url, *, name=None, token=None, history=None, since=None, window=100,
                 on_event=None, on_reset=None, on_phase=None, log=None):
        self.url, self.name, self.token, self.history, self.window = url, name, token, history, window
        self.on_event, self.on_reset, self.on_phase = on_event, on_reset, on_phase
        self.log = log or (lambda *a: None)
        self.cursor = since            # "{epoch}.{seq}" or None
        self.epoch = None
        self.last = None               # the seq that the next event has to follow; None: any
        self.head = None
        self.key = None                # J-7
        self.me = None
        self.ids = set()               # all the ids that this client had
        self.limits = {}
        self.phase = "off"             # off, waiting, connecting, joining, catching-up, live, stopped
        self.hold = 0.0                # for tests: waits so much longer before the next connection
        self.stats = Counter()
        self._pending = {}             # id -> _Pub, in the order of the calls
        self._gen = 0
        self._ready = False            # caught up since the last welcome (P-4)
        self._narrow = False           # one at a time, to find what a frame was refused for (P-10)
        self._ws = None
        self._discard = False
        self._tokens, self._tokens_at = 0.0, 0.0   # our own count of the room's bucket of publishes (L-1, L-2)
        self._wake = asyncio.Event()
        self._closing = False
        self._task = None

    # --- what the user calls

    def start(self):
        self._task = asyncio.ensure_future(self._run())
        return self

    def publish(self, name, data, expect=None):
        """Returns a future: the seq, or Refused, or Stopped."""
        if self.phase == "stopped" or self._closing:
            raise Stopped("the client has stopped")
        id = uuid.uuid4().hex                                                       # P-2
        m = {"type": "publish", "id": id, "name": name, "data": data}
        if expect is not None:
            m["expect"] = expect
        text = json.dumps(m, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode("utf-8"))                     # raises on a lone surrogate (T-3)
        if size > self.limits.get("frameBytes", 65536):
            raise Refused("too_large", "larger than a frame")
        p = _Pub(id, text, asyncio.get_running_loop().create_future())
        p.future.publish_id = id
        self._pending[id] = p
        self._wake.set()
        return p.future

    @property
    def unanswered(self):
        return len(self._pending)

    async def wait_live(self, timeout=30):
        await self._until(lambda: self.phase in ("live", "stopped"), timeout)
        if self.phase == "stopped":
            raise Stopped("the client has stopped")

    async def drain(self, timeout=60):
        await self._until(lambda: not self._pending, timeout)

    async def close(self):
        self._closing = True
        ws = self._ws
        if ws is not None:
            try:
                await asyncio.wait_for(ws.close(), 3)                                # H-6
            except Exception:
                ws.transport.abort()
        if self._task:
            self._task.cancel()
            try:
                await self._task
            except (asyncio.CancelledError, Exception):
                pass
        self._lost("closed")

    def cut(self, rst=False, discard=True):
        """For tests: ends the TCP connection with no close handshake. With discard, what has come in but was not yet
        taken in is forgotten, as if it had never arrived. True where there was a connection to cut."""
        ws = self._ws
        if ws is None or ws.transport is None or ws.transport.is_closing():
            return False
        if rst:
            ws.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        ws.transport.abort()
        self._discard = discard
        return True

    # --- life

    async def _until(self, cond, timeout):
        end = time.monotonic() + timeout
        while not cond():
            if time.monotonic() > end:
                raise asyncio.TimeoutError(f"phase {self.phase}, {len(self._pending)} unanswered")
            await asyncio.sleep(0.01)

    def _phase(self, phase):
        self.phase = phase
        if self.on_phase:
            self.on_phase(phase)

    def _lost(self, why):
        for p in list(self._pending.values()):
            if not p.future.done():
                p.future.set_exception(Stopped(why))
                p.future.exception()          # no warning where nobody looks
        self._pending.clear()

    async def _run(self):
        failures = 0
        while not self._closing:
            self._caught, self._last_error, self._extra = False, None, 0.0
            stop = None
            try:
                stop = await self._session()
            except asyncio.CancelledError:
                raise
            except InvalidStatusCode as e:                                           # J-9, first form
                self.stats[f"http {e.status_code}"] += 1
                if e.status_code not in (429, 500, 503):
                    stop = f"the join was refused: HTTP {e.status_code}"
                try:
                    self._extra = float(e.headers.get("Retry-After", 0))
                except ValueError:
                    pass
            except Fault as e:
                self.stats["faults"] += 1
                self.log("FAULT", e)
            except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException, EOFError) as e:
                self.stats[f"no open: {type(e).__name__}"] += 1
            except Exception as e:                # a fault of this client's: loud, and come back
                self.stats["own errors"] += 1
                self.log("OWN ERROR", repr(e))
                traceback.print_exc()
            if stop:
                self.log("stopped:", stop)
                self._phase("stopped")
                self._lost(stop)
                return
            if self._closing:
                return
            failures = 0 if self._caught else failures + 1                            # H-4
            bound = min(BACKOFF_MAX_S, BACKOFF_S * 2 ** min(failures, 12))
            self._phase("waiting")
            hold, self.hold = self.hold, 0.0
            await asyncio.sleep(random.uniform(0, bound) + self._extra + hold)

    def _address(self):
        u = urllib.parse.urlsplit(self.url)
        q = urllib.parse.parse_qsl(u.query)
        for k, v in (("name", self.name), ("history", self.history), ("since", self.cursor)):
            if v is not None:
                q.append((k, str(v)))
        scheme = {"http": "ws", "https": "wss"}.get(u.scheme, u.scheme)
        return urllib.parse.urlunsplit((scheme, u.netloc, u.path, urllib.parse.urlencode(q, quote_via=urllib.parse.quote), ""))

    async def _session(self):
        """One socket, from its opening to its end. Returns why to stop, or None where to come back."""
        self._phase("connecting")
        protocols = ["rotunda.v1"]                                                   # J-5
        if self.token:
            protocols.append("bearer." + self.token)
        elif self.key:
            protocols.append("resume." + self.key)                                   # J-7
        self.stats["attempts"] += 1
        ws = await websockets.connect(self._address(), subprotocols=protocols, open_timeout=OPEN_S, compression=None,
                                      ping_interval=None, max_size=2 ** 20, close_timeout=2)
        self._ws, self._discard, self._ready = ws, False, False
        self.stats["opened"] += 1
        self._heard = time.monotonic()
        tasks = []
        try:
            tasks.append(asyncio.ensure_future(self._heart(ws)))
            tasks.append(asyncio.ensure_future(self._sender(ws)))
            welcome = asyncio.get_running_loop().call_later(WELCOME_S, self._no_welcome, ws)
            self._phase("joining")
            while True:
                raw = await ws.recv()
                self._heard = time.monotonic()
                if self._discard:
                    continue
                if raw == "pong" or isinstance(raw, bytes):
                    continue
                for m in json.loads(raw):
                    if self._discard:             # it was cut by what an event called
                        break
                    self._take(m)
        except ConnectionClosed as e:
            code = e.rcvd.code if e.rcvd else 1006
            self.stats[f"close {code}"] += 1
            if code == 4003 and not self.token:
                return "4003: a new token is wanted, and there is none"
            if 4500 <= code <= 4999:
                err = self._last_error or {}
                return f"close {code}: {err.get('code', '')} {err.get('message', '')}"
            if self._last_error:
                self._extra = self._last_error.get("retryAfterMs", 0) / 1000
            return None
        finally:
            self._ready = False
            self._ws = None
            ws.transport.abort()
            for t in tasks:
                t.cancel()
            if tasks:
                welcome.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _no_welcome(self, ws):
        if self.phase == "joining" and self._ws is ws:                               # H-5
            self.stats["no welcome"] += 1
            ws.transport.abort()

    async def _heart(self, ws):
        try:
            while True:
                at = time.monotonic()
                try:
                    await asyncio.wait_for(ws.send("ping"), PONG_S)                  # H-1
                except asyncio.TimeoutError:
                    pass
                await asyncio.sleep(max(0, at + PONG_S - time.monotonic()))
                if self._heard < at:                                                 # H-2
                    self.stats["dead"] += 1
                    ws.transport.abort()
                    return
                beat = self.limits.get("heartbeatMs", HEARTBEAT_S * 1000) / 1000
                await asyncio.sleep(max(0, at + beat - time.monotonic()))
        except ConnectionClosed:
            pass

    async def _sender(self, ws):
        try:
            while True:
                self._wake.clear()
                wait = None
                if self._ready:
                    wait = await self._send_due(ws)
                try:
                    await asyncio.wait_for(self._wake.wait(), wait)
                except asyncio.TimeoutError:
                    pass
        except ConnectionClosed:
            pass

    async def _send_due(self, ws):
        """Sends what is to be sent, the oldest first (P-3), until one has to wait; says for how long."""
        window = 1 if self._narrow else self.window
        flying = 0
        for p in list(self._pending.values()):
            if not self._ready or self._ws is not ws:
                return None
            if p.id not in self._pending:                  # answered meanwhile
                continue
            if p.sent_in == self._gen:
                flying += not p.held
            else:
                if flying >= window:
                    return None
                wait = max(p.not_before - time.monotonic(), self._pace())
                if wait > 0:
                    return wait
                self._tokens -= 1
                p.sent_in = self._gen
                p.sends += 1
                self.stats["sends"] += 1
                if p.sends > 1:
                    self.stats["sends again"] += 1
                flying += 1
                await ws.send(p.text)
            if flying >= window:
                return None
        return None

    def _pace(self):
        """How long to wait for the next publish, so that the room's bucket does not run dry: a pipeline that sends all
        that was refused again after `retryAfterMs` is refused again, and in the end closed 4503 (L-5)."""
        rate = self.limits.get("publishPerSecond", 0)
        if not rate:
            return 0
        now = time.monotonic()
        self._tokens = min(1.8 * rate, self._tokens + 0.95 * rate * (now - self._tokens_at))
        self._tokens_at = now
        return 0 if self._tokens >= 1 else (1 - self._tokens) / (0.95 * rate)

    # --- what comes

    def _take(self, m):
        t = m.get("type")
        if t == "event":
            self._event(m)
        elif t == "welcome":
            self._welcome(m)
        elif t == "caught-up":
            self._caught_up(m)
        elif t == "ack":
            p = self._pending.get(m.get("id"))
            if p:
                self._answered(p, m.get("seq"), "by ack")
        elif t == "error":
            self._error(m)
        elif t == "job":
            self._job(m)
        # presence, state, signal, access, and types to come (F-4): nothing to do here

    def _welcome(self, m):
        self.stats["welcomes"] += 1
        self._gen += 1                      # all that is unanswered is sent again after caught-up (R-7, P-3)
        self._ready = False
        self.me, self.epoch, self.head, self.limits = m["me"], m["epoch"], m["head"], m.get("limits", {})
        if self.ids and self.me["id"] not in self.ids:
            self.stats["new identity"] += 1
        self.ids.add(self.me["id"])
        self.key = m.get("resume", self.key)
        self.stats[m["continuity"]] += 1
        if m["continuity"] == "resumed":
            epoch, seq = self.cursor.split(".")[:2]
            if epoch != m["epoch"]:
                raise Fault(f"resumed into another epoch: {self.cursor}, {m['epoch']}")
            self.last = int(seq)
        else:
            self.last = None
            if m["continuity"] == "reset":
                self.log("reset:", m.get("reason"))
                if self.on_reset:
                    self.on_reset(m.get("reason"))
        self._phase("catching-up")

    def _event(self, m):
        seq = m["seq"]
        if self.last is not None and seq != self.last + 1:
            self.stats["doubles" if seq <= self.last else "gaps"] += 1
            raise Fault(f"{seq} after {self.last}")
        self.last, self.cursor = seq, f"{self.epoch}.{seq}"
        p = self._pending.get(m.get("id"))
        if p and m["from"] in self.ids:                                              # P-1
            self._answered(p, seq, "by event, live" if self._ready else "by event, in a replay")
        if self.on_event:
            self.on_event(m)

    def _caught_up(self, m):
        head = m["head"]
        if self.last is not None and head != self.last:
            self.stats["odd caught-up"] += 1
            raise Fault(f"caught-up {head} after {self.last}")
        self.last, self.cursor = head, f"{self.epoch}.{head}"
        self._caught = self._ready = True
        self._phase("live")
        self._wake.set()

    def _answered(self, p, seq, how):
        self.stats["answered " + how] += 1
        self._pending.pop(p.id, None)
        if not self._pending:
            self._narrow = False
        if not p.future.done():
            p.future.how = how
            p.future.set_result(seq)
        self._wake.set()

    def _refused(self, p, m):
        self.stats[f"refused {m.get('code')}"] += 1
        self._pending.pop(p.id, None)
        if not p.future.done():
            p.future.set_exception(Refused(m.get("code"), m.get("message", "")))
            p.future.exception()
        self._wake.set()

    def _error(self, m):
        code = m.get("code")
        self.stats[f"error {code}"] += 1
        self._last_error = m
        if "id" in m:
            p = self._pending.get(m["id"])
            if not p:
                return
            if code in PASSING or code == "too_many_jobs" or "retryAfterMs" in m:     # P-10, E-2
                p.sent_in = None
                if code == "rate_limited":
                    self._pace()
                    self._tokens = min(self._tokens, 0)     # it is emptier than we thought
                p.not_before = time.monotonic() + m.get("retryAfterMs", 1000) / 1000
                self._wake.set()
            else:
                self._refused(p, m)
        elif code in ("too_large", "malformed") and self._pending:                   # P-10
            flying = [p for p in self._pending.values() if p.sent_in == self._gen]
            if self._narrow and len(flying) == 1:
                self._refused(flying[0], m)
            elif flying:
                self._narrow = True
                self._ws.transport.abort()

    def _job(self, m):
        p = self._pending.get(m.get("id"))
        if m.get("state") == "held" and p:                                           # P-9
            p.held = True
            self._wake.set()
        elif m.get("state") in ("done", "failed"):
            if self._ws:
                asyncio.ensure_future(self._say(self._ws, {"type": "received", "jobs": [m["job"]]}))   # K-3
            if m["state"] == "failed" and p and p.held:
                self._refused(p, m.get("error", {}))

    async def _say(self, ws, m):
        try:
            await ws.send(json.dumps(m))
        except ConnectionClosed:
            pass
