"""A server of the program under test."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading

HRM = os.environ.get("HRM") or sys.exit("set HRM to the program")
SOURCE = pathlib.Path(os.environ.get("HRM_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent.parent))
MODEL = str(SOURCE / "models/sudoku9")


class Server:
    """Ends with SIGTERM at the end of its scope, and must do so cleanly."""

    def __init__(self, *arguments, models=(MODEL,)):
        words = [HRM, "serve", "--port", "0"]
        for model in models:
            words += ["--model", model]
        self.process = subprocess.Popen([*words, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://"), self.process.stderr.read()
        self.port = int(self.address.rsplit(":", 1)[1])
        self.messages = []
        threading.Thread(target=lambda: self.messages.extend(self.process.stderr), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        if kind is None:
            assert code == 0, f"the server ended with {code}: {self.messages}"

    def ask(self, method, path, body=None, headers=None, raw=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, headers or {})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response, data

    def post(self, path, body, status=200, **more):
        response, data = self.ask("POST", path, body, **more)
        assert response.status == status, (response.status, data[:300], body)
        return json.loads(data)

    def get(self, path, status=200, **more):
        response, data = self.ask("GET", path, **more)
        assert response.status == status, (path, response.status, data[:300])
        return data

    def metric(self, name):
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics").decode(), re.MULTILINE)
        assert found, name
        return float(found.group(1))

    def resident(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))

    def raw(self, data, timeout=20):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        client.sendall(data)
        return client
