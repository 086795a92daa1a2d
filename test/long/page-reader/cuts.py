"""Two clients that publish all the time, whose TCP connections are cut 300 times at random moments.

    python3 test/long/page-reader/cuts.py [--seed N] [--cuts 300] [--seconds 255] [--base http://localhost:8787]
"""
import argparse
import asyncio
import json
import random
import time
import urllib.error
import urllib.request
from collections import Counter

from client import RoomClient, Stopped


def get(url):
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "application/json"}), timeout=10) as r:
                return json.load(r)
        except urllib.error.HTTPError as e:
            if e.code != 429:
                raise RuntimeError(f"{e.code} {e.read()[:300]}")
            time.sleep(float(e.headers.get("Retry-After", 1)))


def read_all(url, epoch):
    events, after, pages = [], 0, 0
    while True:
        page = get(f"{url}/events?after={after}&limit=200&epoch={epoch}")
        events += page["events"]
        pages += 1
        if not page["more"] or not page["events"]:
            return events, pages
        after = page["events"][-1]["seq"]


class Actor:
    """A client with a publisher and somebody who cuts its cable."""

    def __init__(self, label, url, rng, window, n_cuts, seconds):
        self.label, self.rng, self.n_cuts, self.seconds = label, rng, n_cuts, seconds
        self.events, self.published, self.cuts = [], [], Counter()
        self.resets, self.armed, self.count_replayed = [], None, 0
        self.fired = asyncio.Event()
        self.c = RoomClient(url, name=label, history=200, window=window, on_event=self.on_event, on_reset=self.resets.append,
                            on_phase=self.on_phase, log=lambda *a: print(time.strftime("%H:%M:%S"), label, *a, flush=True))

    def done(self):
        return sum(self.cuts.values())

    def cut(self):
        if self.done() >= self.n_cuts:
            return False
        phase = self.c.phase
        if self.c.cut(rst=self.rng.random() < 0.5, discard=self.rng.random() < 0.5):
            self.cuts["before the welcome" if phase == "joining" else phase] += 1
            return True
        return False

    def fire(self, kind):
        if self.armed and self.armed[0] == kind:
            self.armed = None
            self.cut()
            self.fired.set()

    def on_phase(self, phase):
        if phase == "joining" and self.armed and self.armed[0] == "join":
            delay = self.armed[1]
            if delay is None:
                self.fire("join")
            else:
                asyncio.get_running_loop().call_later(delay, self.fire, "join")
        elif phase == "catching-up":
            self.count_replayed = 0
            if self.armed and self.armed[0] == "catch" and self.armed[1] == 0:
                self.fire("catch")
        elif phase == "live" and self.armed and self.armed[0] == "catch":
            self.fire("catch")              # the replay was shorter: right at caught-up then

    def on_event(self, e):
        self.events.append(e)
        if self.c.phase == "catching-up":
            self.count_replayed += 1
            if self.armed and self.armed[0] == "catch" and self.count_replayed >= self.armed[1]:
                self.fire("catch")

    async def publish(self, stop):
        n = 0
        while not stop.is_set():
            if self.c.unanswered < 500:
                n += 1
                pad = "ü\u2028x" * self.rng.choice([0, 0, 0, 10, 100, 400])
                self.published.append((n, self.c.publish("chat", {"who": self.label, "n": n, "pad": pad})))
            await asyncio.sleep(self.rng.uniform(0.02, 0.08))

    async def cutter(self):
        start = time.monotonic()
        while self.done() < self.n_cuts:
            kind = self.rng.choices(["any", "answer", "join", "catch"], [40, 15, 22, 23])[0]
            due = start + self.seconds * self.done() / self.n_cuts
            await asyncio.sleep(self.rng.uniform(0, 0.6) + max(0, due - time.monotonic()) * self.rng.uniform(0.5, 1.5))
            if kind == "any":
                self.cut()
                continue
            if kind == "answer":            # right after a publish has left, before it is answered
                await self.c.wait_live()
                self.published.append((10 ** 6 + self.done(), self.c.publish("last words", {"who": self.label})))
                await asyncio.sleep(self.rng.choice([0, 0, 0.001, 0.003]))
                self.cut()
                continue
            # join and catch: cut what is there, and wait for the next one to come so far
            self.fired.clear()
            self.armed = (kind, self.rng.choice([None, 0, 0.001, 0.002, 0.004, 0.008]) if kind == "join"
                          else self.rng.choice([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89]))
            self.c.hold = self.rng.uniform(0, 1.6) if kind == "catch" else 0
            self.cut()
            try:
                await asyncio.wait_for(self.fired.wait(), 40)
            except asyncio.TimeoutError:
                print(self.label, "an armed cut never fired", self.armed, self.c.phase, flush=True)
                self.armed = None


async def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--base", default="http://localhost:8787")
    ap.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 9))
    ap.add_argument("--cuts", type=int, default=300)
    ap.add_argument("--seconds", type=float, default=255)
    a = ap.parse_args()
    began = time.monotonic()
    room = f"cuts-{a.seed}-{int(time.time())}"
    url = f"{a.base}/rooms/{room}"
    print(f"seed {a.seed}  room {room}  cuts {a.cuts}", flush=True)
    random.seed(a.seed)

    quiet = [RoomClient(f"{a.base}/rooms/{room}-idle", name=n).start() for n in ("idle 1", "idle 2")]
    na = a.cuts // 2
    A = Actor("A", url, random.Random(a.seed + 1), 100, na, a.seconds)
    B = Actor("B", url, random.Random(a.seed + 2), 1, a.cuts - na, a.seconds)
    for x in (A, B):
        x.c.start()
    for c in (A.c, B.c, *quiet):
        await c.wait_live()
    idle_since = time.monotonic()
    stop = asyncio.Event()
    pubs = [asyncio.ensure_future(x.publish(stop)) for x in (A, B)]

    async def tell():
        while True:
            await asyncio.sleep(20)
            print(f"{time.monotonic() - began:5.0f} s  " + "  ".join(
                f"{x.label}: {x.done()} cuts, {len(x.events)} events, {len(x.published)} published, {x.c.unanswered} open"
                for x in (A, B)), flush=True)
    teller = asyncio.ensure_future(tell())
    t0 = time.monotonic()
    await asyncio.gather(A.cutter(), B.cutter())
    cutting = time.monotonic() - t0
    stop.set()
    await asyncio.gather(*pubs)
    for x in (A, B):
        await x.c.drain(60)
        await x.c.wait_live()
    head = max(x.c.last for x in (A, B))
    for x in (A, B):
        await x.c._until(lambda: x.c.last >= head, 10)
    teller.cancel()

    # somebody new, who reads all of it: by the socket with the cursor before the first event, and by HTTP
    summary = await asyncio.get_running_loop().run_in_executor(None, get, url)
    print("summary:", {k: v for k, v in summary.items() if k in ("epoch", "head", "floor")})
    epoch = summary.get("epoch", A.c.epoch)
    heard = []
    C = RoomClient(url, name="C", since=f"{epoch}.0", on_event=heard.append).start()
    await C.wait_live(60)
    by_http, pages = await asyncio.get_running_loop().run_in_executor(None, read_all, url, epoch)
    idle = time.monotonic() - idle_since

    # --- judge
    bad = []

    def check(ok, what):
        print(("ok    " if ok else "WRONG ") + what, flush=True)
        if not ok:
            bad.append(what)

    key = lambda evs: [json.dumps(e, sort_keys=True) for e in evs]
    ka, kb, kc, kh = key(A.events), key(B.events), key(heard), key(by_http)
    print(f"\ncuts {A.done() + B.done()} in {cutting:.0f} s: A {dict(A.cuts)}  B {dict(B.cuts)}")
    check(A.done() + B.done() == a.cuts, f"{a.cuts} cuts")
    for label, evs in (("A", A.events), ("B", B.events), ("C (new)", heard), ("HTTP", by_http)):
        check([e["seq"] for e in evs] == list(range(1, head + 1)), f"{label} holds seq 1 to {head}, each once, in order ({len(evs)})")
    check(ka == kb == kc == kh, "A, B, C and HTTP hold the same events, field by field")
    place = {e["seq"]: e for e in by_http}
    times = Counter((e["from"], e.get("id")) for e in by_http)
    total = 0
    for x in (A, B):
        acked = [(n, f.publish_id, f.result()) for n, f in x.published if f.done() and not f.exception()]
        total += len(acked)
        check(len(acked) == len(x.published), f"{x.label}: {len(acked)} acknowledged of {len(x.published)} published")
        me = x.c.me["id"]
        check(len(x.c.ids) == 1, f"{x.label} had one identity: {x.c.ids}")
        lost = [p for p in acked if times[(me, p[1])] == 0]
        double = [p for p in acked if times[(me, p[1])] > 1]
        wrong = [p for p in acked if p[2] not in place or (place[p[2]]["from"], place[p[2]].get("id")) != (me, p[1])]
        check(not lost and not double and not wrong,
              f"{x.label}: each acknowledged publish is there once, at its seq (lost {len(lost)}, double {len(double)}, elsewhere {len(wrong)})")
        seqs = [p[2] for p in acked]
        inv = sum(s > t for s, t in zip(seqs, seqs[1:]))
        check(inv == 0, f"{x.label}: its own events are in the order of its calls (inversions {inv}, window {x.c.window})")
        check(not x.resets, f"{x.label}: never reset {Counter(x.resets)}")
        check(not (x.c.stats["gaps"] + x.c.stats["doubles"] + x.c.stats["faults"] + x.c.stats["own errors"]), f"{x.label}: no gap, no double heard")
    check(total == len(by_http), f"{total} acknowledged by both = {len(by_http)} events in the room")
    at = [e["at"] for e in by_http]
    check(all(s <= t for s, t in zip(at, at[1:])), "times never go back (T-8)")
    for c in quiet:
        check(c.stats["attempts"] == 1 and c.phase == "live", f"{c.name}: connected for {idle:.0f} s without a word, on one socket")
    for x in (A, B):
        print(x.label, dict(sorted(x.c.stats.items())))
    print("C", dict(sorted(C.stats.items())), "HTTP pages", pages)
    for c in (A.c, B.c, C, *quiet):
        await c.close()
    print(f"{'HELD' if not bad else 'DID NOT HOLD'}: {total / max(1, cutting):.1f} publishes/s, {time.monotonic() - began:.0f} s in all, seed {a.seed}")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
