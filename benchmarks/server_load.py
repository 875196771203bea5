#!/usr/bin/env python3
"""hrm serve under load, beside hrm solve on the same puzzles: latency of one client, throughput of many, the first segment
of a stream, memory.

    HRM=build/release/bin/hrm benchmarks/server_load.py [--clients N] [--seconds S] [--segments M] [--pause S] [--memory-only]

Every puzzle runs exactly M segments (halting off), so that both do the same arithmetic. The clients share the processors
with the server. With --pause every client waits so long between its requests; --memory-only leaves out the comparison.
"""
import argparse
import asyncio
import json
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HRM = os.environ.get("HRM") or sys.exit("set HRM to the program")
SOURCE = pathlib.Path(__file__).resolve().parent.parent
MODEL = str(SOURCE / "models/sudoku9")
PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


def puzzles(count):
    """Renamed digits: other puzzles of the same difficulty."""
    rng = random.Random(1)
    made = []
    for _ in range(count):
        digits = list("123456789")
        rng.shuffle(digits)
        made.append(PUZZLE.translate(str.maketrans("123456789", "".join(digits))))
    return made


def solve_seconds(count, batch, segments):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(puzzles(count)) + "\n")
        file.flush()
        begun = time.monotonic()
        subprocess.run([HRM, "solve", "--model", MODEL, "--batch", str(batch), "--segments", str(segments), "--halting", "off", "--json",
                        "--file", file.name], stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - begun


def per_puzzle(batch, segments, few, many):
    """Without start and load: the difference of two runs, the median of three."""
    return statistics.median((solve_seconds(many, batch, segments) - solve_seconds(few, batch, segments)) / (many - few) for _ in range(3))


class Client:
    async def open(self, port):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def post(self, body):
        self.writer.write(f"POST /v1/solve HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
        return head

    async def solve(self, body):
        begun = time.monotonic()
        head = await self.post(body)
        await self.reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head).group(1)))
        return time.monotonic() - begun

    async def first_segment(self, body):
        begun = time.monotonic()
        await self.post(body)
        await self.reader.readuntil(b"event: segment")
        first = time.monotonic() - begun
        await self.reader.readuntil(b"0\r\n\r\n")
        return first


def body_of(puzzle, segments, **more):
    return json.dumps({"puzzle": puzzle, "segments": segments, "halting": False, "steps": False, **more}).encode()


async def load(port, clients, seconds, segments, pause=0, sample=lambda: None):
    """Latencies of all requests of so many clients; calls sample sixty times on the way."""
    bodies = [body_of(puzzle, segments) for puzzle in puzzles(256)]
    opened = [await Client().open(port) for _ in range(clients)]
    end = time.monotonic() + seconds

    async def work(number):
        times = []
        while time.monotonic() < end:
            times.append(await opened[number].solve(bodies[(number + len(times) * clients) % len(bodies)]))
            await asyncio.sleep(pause)
        return times

    async def watch():
        for _ in range(60):
            await asyncio.sleep(seconds / 60)
            sample()

    begun = time.monotonic()
    watcher = asyncio.create_task(watch())
    times = [t for list_ in await asyncio.gather(*(work(i) for i in range(clients))) for t in list_]
    taken = time.monotonic() - begun
    await watcher
    return times, taken


async def first_segments(port, count, segments):
    client = await Client().open(port)
    body = body_of(PUZZLE, segments, stream=True)
    return [await client.first_segment(body) for _ in range(count)]


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def spread(times):
    ordered = sorted(times)
    return f"median {1000 * statistics.median(ordered):.1f} ms, 99th {1000 * ordered[int(len(ordered) * 0.99)]:.1f} ms"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--segments", type=int, default=16)
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--memory-only", action="store_true")
    args = parser.parse_args()
    server = subprocess.Popen([HRM, "serve", "--model", MODEL, "--port", "0"], stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline().strip().rsplit(":", 1)[1])
    memory = []
    try:
        asyncio.run(load(port, 1, 2, args.segments))  # warms up
        if not args.memory_only:
            alone = per_puzzle(1, args.segments, 16, 144)
            times, _ = asyncio.run(load(port, 1, args.seconds, args.segments))
            print(f"one client:   {spread(times)} per puzzle; the model alone {1000 * alone:.1f} ms: {statistics.median(times) / alone:.2f} x")
            print(f"first event:  {spread(asyncio.run(first_segments(port, 200, args.segments)))}")
        times, seconds = asyncio.run(load(port, args.clients, args.seconds, args.segments, args.pause, lambda: memory.append(resident(server.pid))))
        rate = len(times) / seconds
        print(f"{args.clients} clients:   {rate:.1f} puzzles/s, {spread(times)}")
        if not args.memory_only:
            batched = per_puzzle(64, args.segments, 64, 1088)
            print(f"hrm solve:    {1 / batched:.1f} puzzles/s with --batch 64; the server has {100 * rate * batched:.0f} % of that")
        print(f"memory:       {memory[0]:.1f} MiB after a sixtieth of the time, {max(memory):.1f} at most, {memory[-1]:.1f} at the end of {len(times)} requests")
    finally:
        server.send_signal(signal.SIGTERM)
        print(f"ended with {server.wait(30)}")


main()
