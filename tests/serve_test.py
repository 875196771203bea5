#!/usr/bin/env python3
"""hrm serve as a client sees it: routes, answers equal to `hrm solve`, streams, limits, bad input, misbehaving clients, SIGTERM.

HRM: the program. Uses models/sudoku9 of the tree and only Python's standard library.
    tests/serve_test.py [NAME...]     only these checks
"""
import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
from serving import HRM, MODEL, SOURCE, Server  # noqa: E402

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
HARD = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
MIDDLE = "...26.7.168..7..9.19...45..82.1...4...46.29...5...3.28..93...74.4..5..367.3.18..."
PUZZLES = [EASY, MIDDLE, HARD, HARD[::-1], EASY[::-1], MIDDLE[::-1]]


def head(path, body, *headers):
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def read_all(client):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            data += part
    return data


def solve_here(*arguments):
    done = subprocess.run([HRM, "solve", "--model", MODEL, "--json", *arguments], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def events_of(text):
    events = []
    for block in text.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if lines:
            events.append((lines["event"], json.loads(lines["data"])))
    return events


def without_source(solutions):
    return [{key: value for key, value in solution.items() if key != "source"} for solution in solutions]


# -- the checks: every function whose name starts with check_ --------------------------------------------------------


def check_routes():
    with Server() as server:
        assert json.loads(server.get("/health"))["status"] == "ok"
        models = json.loads(server.get("/v1/models"))["data"]
        assert [model["id"] for model in models] == [MODEL] and models[0]["parameters"] == 348674
        assert models[0]["family"]["family"] == "sudoku" and models[0]["cells"] == 81
        contract = json.loads(server.get("/openapi.json"))
        assert set(contract["paths"]) >= {"/health", "/v1/solve", "/v1/score", "/pooling", "/v1/select", "/metrics"}
        server.post("/v1/solve", {"puzzle": EASY, "segments": 2})
        text = server.get("/metrics").decode()
        assert 'hrm_requests_total{route="/v1/solve",status="200"} 1' in text
        assert server.metric("hrm_puzzles_total") == 1
        assert server.metric("hrm_segments_total") in (1, 2)
        for path, method, allow in [("/v1/solve", "GET", "POST"), ("/health", "POST", "GET, HEAD"), ("/", "DELETE", "GET, HEAD")]:
            response, data = server.ask(method, path)
            assert response.status == 405 and response.getheader("Allow") == allow, (path, response.status)
            assert json.loads(data)["error"]["message"]
        assert json.loads(server.get("/nothing/here", 404))["error"]["hint"]
        response, data = server.ask("HEAD", "/health")
        assert response.status == 200 and data == b"" and int(response.getheader("Content-Length")) > 0


def check_page():
    with Server() as server:
        response, page = server.ask("GET", "/")
        assert response.status == 200 and "default-src 'none'" in response.getheader("Content-Security-Policy")
        size, seen = len(page), set()
        waiting = ["/" + name for name in re.findall(r'(?:src|href)="([^"#/][^"#]*)"', page.decode())] + ["/server.js"]  # api.js chooses it
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            response, data = server.ask("GET", path)
            assert response.status == 200, path
            size += len(data)
            tag = response.getheader("ETag")
            again, nothing = server.ask("GET", path, headers={"If-None-Match": tag})
            assert again.status == 304 and nothing == b""
            if path.endswith(".js"):
                assert response.getheader("Content-Type").startswith("text/javascript")
                waiting += ["/" + name for name in re.findall(r'from "\./([^"]+)"', data.decode())]
            assert not re.search(rb"https?://(?!www\.w3\.org)", data), f"{path} asks somebody else"
        assert {"/app.js", "/style.css", "/solve.js", "/trees.js", "/runs.js", "/api.js", "/errors.js", "/icon.svg"} <= seen, seen
        assert size <= 300 * 1024, size


def check_answers_equal_hrm_solve():
    with Server() as server:
        for more, flags in [({}, []), ({"segments": 16}, ["--segments", "16"]), ({"segments": 5, "views": 6}, ["--segments", "5", "--views", "6"]),
                            ({"segments": 3, "halting": False, "seed": 7}, ["--segments", "3", "--halting", "off", "--seed", "7"])]:
            here, there = solve_here(*flags, *PUZZLES), server.post("/v1/solve", {"puzzles": PUZZLES, **more})
            assert without_source(there["solutions"]) == without_source(here["solutions"]), more
            assert {key: there[key] for key in ("model", "family", "complete", "skipped")} == {key: here[key] for key in ("model", "family", "complete", "skipped")}
        # One after another, all at once from many clients, and among others: always the same.
        expected = without_source(solve_here("--segments", "8", "--views", "3", *PUZZLES)["solutions"])
        request = {"segments": 8, "views": 3}
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            found = list(pool.map(lambda i: server.post("/v1/solve", {"puzzle": PUZZLES[i % 6], **request}), range(48)))
        for i, answer in enumerate(found):
            assert without_source(answer["solutions"]) == [expected[i % 6]], i
        assert "steps" not in server.post("/v1/solve", {"puzzle": EASY, "steps": False})["solutions"][0]
        grid = "\n".join(EASY[i:i + 9] for i in range(0, 81, 9))
        assert server.post("/v1/solve", {"puzzle": grid, **request})["solutions"][0]["answer"] == expected[0]["answer"]
        assert server.post("/v1/solve", {"puzzle": EASY, "model": "sudoku9"})["model"] == MODEL


def check_streams():
    with Server() as server:
        expected = solve_here("--segments", "6", "--views", "2", EASY, HARD)["solutions"]
        response, data = server.ask("POST", "/v1/solve", {"puzzles": [EASY, HARD], "segments": 6, "views": 2, "stream": True})
        assert response.status == 200 and response.getheader("Content-Type") == "text/event-stream"
        events = events_of(data)
        assert events[-1][0] == "done" and events[-1][1]["puzzles"] == 2
        solutions = {event["puzzle"]: event for name, event in events if name == "solution"}
        for i in range(2):
            segments = [event for name, event in events if name == "segment" and event["puzzle"] == i]
            shown = [event for event in segments if event["view"] == solutions[i]["view"]]
            steps = expected[i]["steps"]
            assert [event["answer"] for event in shown] == [step["answer"] for step in steps]
            assert [event["q_halt"] for event in shown] == [step["q_halt"] for step in steps]
            assert {key: value for key, value in solutions[i].items() if key not in ("puzzle", "source")} == {
                key: value for key, value in expected[i].items() if key != "source"}
            before = None
            for event in segments:
                assert len(event["cells"]) == len(event["confidence"]) == 81
                assert all(0 < value <= 1 for value in event["confidence"])
                if before and event["view"] == before["view"]:
                    assert event["changed"] == [c for c in range(81) if event["cells"][c] != before["cells"][c]]
                else:
                    assert event["changed"] == [] and event["segment"] == 1
                before = event
        assert any(event["view"] > 0 for name, event in events if name == "segment")
        plain = events_of(server.ask("POST", "/v1/solve", {"puzzle": EASY, "stream": True, "confidence": False})[1])
        assert "confidence" not in plain[0][1]
        # A refusal before the first event has its own status.
        assert server.post("/v1/solve", {"puzzle": "x", "stream": True}, 422)["error"]["field"] == "puzzle"
        old = server.raw(b"POST /v1/solve HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % 0)
        assert b" 400 " in read_all(old)


def check_bad_input():
    with Server() as server:
        cases = [(b"", 400, None), (b"{", 400, None), (b"[1, 2]", 422, None), (b"\xff\xfe", 400, None), (b"[" * 100000, 400, None),
                 (b"{}", 422, "puzzle"), (b'{"puzzle": 5}', 422, "puzzle"), (b'{"puzzle": ""}', 422, "puzzle"),
                 (b'{"puzzle": "53..7"}', 422, "puzzle"), (b'{"puzzles": ["' + EASY.encode() + b'", "55' + b"." * 79 + b'"]}', 422, "puzzles[1]"),
                 (b'{"puzzle": "' + EASY.encode() + b'", "segments": -1}', 422, "segments"),
                 (b'{"puzzle": "' + EASY.encode() + b'", "segmants": 1}', 422, "segmants"),
                 (b'{"puzzle": "' + EASY.encode() + b'", "model": "sudoku8"}', 404, "model")]
        for raw, status, field in cases:
            response, data = server.ask("POST", "/v1/solve", raw=raw)
            error = json.loads(data)["error"]
            assert response.status == status and error["field"] == field, (raw[:60], response.status, error)
            assert error["message"] and not error["message"].startswith("["), error
        # The words are those of the command line.
        bad = "55" + "." * 79
        line = subprocess.run([HRM, "solve", "--model", MODEL, bad], capture_output=True, text=True, check=False).stderr
        words = server.post("/v1/solve", {"puzzle": bad}, 422)["error"]["message"]
        assert words.split(": ", 1)[1] in line, (words, line)
        skipped = server.post("/v1/solve", {"puzzles": [EASY, bad, "nonsense"], "keep_going": True, "segments": 1})
        assert len(skipped["solutions"]) == 1 and len(skipped["skipped"]) == 2
        assert server.post("/v1/score", {"problem": "p", "steps": ["a"]}, 404)["error"]["hint"]
        for raw, status in [(b"GARBAGE\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
                            (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414), (b"GET / HTTP/1.1\r\nA: " + b"b" * 20000, 431)]:
            answer = read_all(server.raw(raw))
            assert f" {status} ".encode() in answer.split(b"\r\n")[0], (raw[:40], answer[:80])
            assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]["message"]


def check_select_and_scores():
    with Server("--reward-model", "truth", models=()) as server:
        answer = server.post("/v1/select", {"solutions": [{"answer": "1/2", "scores": [0.9, 0.3]}, {"answer": "0.5", "scores": [0.4]},
                                                          {"answer": "7", "scores": [0.5]}], "pick": "weighted"})
        assert answer["index"] == 0 and answer["groups"][:2] == [0, 0] and answer["answer"] == "1/2"
        assert server.post("/v1/solve", {"puzzle": EASY}, 404)["error"]["field"] == "model"
        assert server.post("/v1/score", {"problem": "no arithmetic", "steps": ["a"]}, 422)["error"]["field"] == "steps"
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "problems.jsonl"
            subprocess.run([HRM, "world", "make", "--count", "1", "--out", str(file)], check=True, capture_output=True)
            question = json.loads(file.read_text().splitlines()[0])["question"]
        one = server.post("/v1/score", {"problem": question, "steps": ["nonsense"]})
        assert one["model"] == "truth" and len(one["scores"]) == 1
        two = server.post("/v1/score", {"problem": question, "solutions": [["nonsense"], ["nonsense", "more"]]})
        assert two["scores"][0] == one["scores"] and len(two["scores"][1]) == 2
        chat = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\nnonsense<extra_0>"
        pooled = server.post("/pooling", {"model": "truth", "input": chat, "encoding_format": "float"})
        assert pooled["data"][0]["data"] == [[1 - one["scores"][0], one["scores"][0]]]


def check_limits():
    with Server("--max-body", "1", "--max-puzzles", "4", "--max-queue", "6", "--time-limit", "1", "--batch", "1") as server:
        response, data = server.ask("POST", "/v1/solve", raw=b" " * (1 << 20) + b"{}")
        assert response.status == 413, response.status
        assert json.loads(data)["error"]["hint"]
        chunks = b"POST /v1/solve HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 17
        client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        with contextlib.suppress(ConnectionError):
            client.sendall(chunks)
        assert b" 413 " in read_all(client)
        assert server.post("/v1/solve", {"puzzles": [EASY] * 5}, 422)["error"]["field"] == "puzzles"
        late = server.post("/v1/solve", {"puzzles": [HARD] * 4, "segments": 1024, "halting": False}, 503)
        assert "1 s" in late["error"]["message"]
        # One slot, four puzzles that take their time: of eight more requests some find the queue full.
        long = {"puzzles": [HARD] * 4, "segments": 1024, "halting": False, "steps": False}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: server.ask("POST", "/v1/solve", long), range(8)))
        assert {response.status for response, _ in statuses} <= {429, 503}
        refused = [response for response, _ in statuses if response.status == 429]
        assert refused and all(int(response.getheader("Retry-After")) > 0 for response in refused)
        server.post("/v1/solve", {"puzzle": EASY, "segments": 1})


def check_token():
    with tempfile.TemporaryDirectory() as folder:
        token = pathlib.Path(folder) / "token"
        token.write_text("a-very-secret-word\n")
        with Server("--token-file", str(token)) as server:
            response, data = server.ask("GET", "/v1/models")
            assert response.status == 401 and response.getheader("WWW-Authenticate") == "Bearer"
            server.get("/health")
            server.get("/")
            assert server.ask("GET", "/metrics")[0].status == 401
            assert server.ask("GET", "/v1/models", headers={"Authorization": "Bearer a-very-secret-worD"})[0].status == 401
            assert server.ask("GET", "/v1/models", headers={"Authorization": "Bearer a-very-secret-word-"})[0].status == 401
            assert server.ask("GET", "/v1/models", headers={"Authorization": "Bearer a-very-secret-word"})[0].status == 200
        token.write_text("short\n")
        for words in (["--host", "0.0.0.0"], ["--host", "::"], ["--token-file", str(token)], ["--token-file", ""], ["--token-variable", "NO_SUCH_VARIABLE"], ["--token-variable", ""],
                      ["--host", "no.such.host.invalid"], ["--port", "65536"], ["--runs", folder + "/none"], ["--model", MODEL]):
            done = subprocess.run([HRM, "serve", "--model", MODEL, *words], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1 and not done.stdout, (words, done)
        done = subprocess.run([HRM, "serve"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2 and "--model" in done.stderr


def check_other_sites_are_kept_out():
    with Server() as server:
        assert server.ask("GET", "/v1/models", headers={"Host": "evil.example"})[0].status == 403
        assert server.ask("GET", "/v1/models", headers={"Host": "127.evil.example:80"})[0].status == 403
        assert server.ask("GET", "/v1/models", headers={"Host": f"localhost:{server.port}"})[0].status == 200
        for origin, status in (("http://evil.example", 403), ("null", 403), (f"http://127.0.0.1:{server.port}", 200)):
            response, _ = server.ask("POST", "/v1/solve", {"puzzle": EASY, "segments": 1}, headers={"Origin": origin})
            assert response.status == status, (origin, response.status)


def check_rude_clients():
    body = json.dumps({"puzzle": EASY, "segments": 4}).encode()
    long = json.dumps({"puzzles": [HARD] * 64, "segments": 1024, "halting": False, "stream": True}).encode()
    with Server("--time-limit", "15") as server:
        server.post("/v1/solve", {"puzzle": EASY, "segments": 1})
        # Half-closed: its request is answered.
        client = server.raw(head("/v1/solve", body))
        client.shutdown(socket.SHUT_WR)
        assert b" 200 OK" in read_all(client)
        # Half a request, then gone; nothing at all; one byte after another.
        server.raw(head("/v1/solve", body)[:60]).close()
        server.raw(b"").close()
        slow = server.raw(b"")
        for byte in head("/v1/solve", body, "Connection: close"):
            slow.sendall(bytes([byte]))
        assert b" 200 OK" in read_all(slow)
        # Two requests at once, in order.
        two = server.raw(head("/v1/solve", body) + head("/nowhere", b"{}", "Connection: close"))
        statuses = re.findall(rb"HTTP/1.1 (\d+)", read_all(two))
        assert statuses == [b"200", b"404"], statuses
        # It asks whether it may continue.
        expecting = server.raw(head("/v1/solve", body, "Expect: 100-continue")[:-len(body)])
        assert b"100 Continue" in expecting.recv(100)
        expecting.sendall(body)
        assert b" 200 OK" in expecting.recv(65536)
        # Gone in the middle of a stream: its puzzles leave the batch.
        for reset in (False, True):
            client = server.raw(head("/v1/solve", long))
            assert client.recv(4096)
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
        # One that does not read its answer.
        deaf = server.raw(head("/v1/solve", long))
        deadline = time.monotonic() + 60
        while server.metric("hrm_running_puzzles") > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.metric("hrm_running_puzzles") == 0 and server.metric("hrm_queue_puzzles") == 0
        deaf.close()
        server.post("/v1/solve", {"puzzle": EASY, "segments": 1})


def check_a_thousand_connections():
    body = json.dumps({"puzzle": EASY, "segments": 2, "steps": False}).encode()
    with Server("--max-connections", "1100") as server:
        expected = server.post("/v1/solve", json.loads(body))["solutions"][0]["answer"].encode()
        clients = [server.raw(b"", 60) for _ in range(1000)]
        for client in clients[::10]:
            client.sendall(head("/v1/solve", body))
        for client in clients[::10]:
            assert expected in client.recv(65536)
        assert server.metric("hrm_connections") >= 1000
        for client in clients:
            client.close()
    with Server("--max-connections", "20") as server:  # kept connections make room for new ones
        idle = [server.raw(b"") for _ in range(20)]
        assert json.loads(server.get("/health"))["status"] == "ok"
        for client in idle:
            client.close()
        time.sleep(0.3)
        busy = [server.raw(b"GET / HTTP") for _ in range(20)]  # none is idle
        time.sleep(0.3)
        response, data = server.ask("GET", "/health")
        assert response.status == 503 and response.getheader("Retry-After"), response.status
        for client in busy:
            client.close()


def check_runs():
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "one run"
        run.mkdir()
        log = run / "log.jsonl"
        log.write_text('{"kind":"train","step":1,"loss":2.5}\n{"kind":"tra')
        (pathlib.Path(folder) / "no run").mkdir()
        with Server("--runs", folder, models=()) as server:
            assert [entry["name"] for entry in json.loads(server.get("/v1/runs"))["runs"]] == ["one run"]
            first = server.get("/v1/runs/one%20run/log")
            assert first == b'{"kind":"train","step":1,"loss":2.5}\n'
            log.write_text(first.decode() + '{"kind":"train","step":2,"loss":2.4}\n')
            assert b'"step":2' in server.get(f"/v1/runs/one%20run/log?offset={len(first)}")
            for name in ("..", "%2e%2e", "one%20run/../one%20run", "none", "%2fetc", ""):
                assert server.ask("GET", f"/v1/runs/{name}/log")[0].status == 404, name
            assert server.ask("GET", "/v1/runs/one%20run/log?offset=9999")[0].status == 422
            assert server.ask("GET", "/v1/runs/one%20run/log?offset=x")[0].status == 422
        with Server() as server:
            assert json.loads(server.get("/v1/runs", 404))["error"]["hint"]


def check_sigterm_under_load():
    for signal_sent in (signal.SIGTERM, signal.SIGINT):
        server = Server()
        expected = server.post("/v1/solve", {"puzzles": [HARD] * 8, "segments": 40, "halting": False, "steps": False})
        begun = threading.Barrier(9)

        def one(_, server=server, begun=begun):
            client = server.raw(head("/v1/solve", json.dumps({"puzzles": [HARD] * 8, "segments": 40, "halting": False, "steps": False}).encode()), 60)
            begun.wait()
            return read_all(client)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(one, i) for i in range(8)]
            begun.wait()
            time.sleep(0.5)
            server.process.send_signal(signal_sent)
            for answer in answers:  # what ran is finished, whole and right
                reply = answer.result()
                assert b" 200 OK" in reply, reply[:200]
                assert json.loads(reply.split(b"\r\n\r\n", 1)[1]) == expected
        assert server.process.wait(20) == 0, server.messages
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=2).close()
            raise AssertionError("the port is still open")
        except ConnectionRefusedError:
            pass


def main():
    wanted = sys.argv[1:] or [name for name in globals() if name.startswith("check_")]
    failures = 0
    for name in wanted:
        begun = time.monotonic()
        try:
            globals()[name]()
            print(f"{name}: passed in {time.monotonic() - begun:.1f} s", flush=True)
        except Exception as error:  # report every check
            failures += 1
            import traceback
            traceback.print_exc()
            print(f"FAILED: {name}: {error!r}", flush=True)
    print(f"{len(wanted)} checks, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
