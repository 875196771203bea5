#!/usr/bin/env python3
"""Does `hrm` get from a real llama.cpp server with a real model what it asked for?

    make real-server-test

Skipped where scripts/real_server has not installed the server (scripts/real_server --install-only) or hrm was built
without HTTP.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
HRM = os.environ.get("HRM", str(SOURCE / "build/release/bin/hrm"))
VENV = pathlib.Path(os.environ.get("HRM_SERVER_VENV", SOURCE / ".venv-server"))
COUNT = "1, 2, 3, 4, 5, 6, 7, 8,"
failures = 0


def check(what, held, detail=""):
    global failures
    failures += not held
    print(f"{'ok  ' if held else 'FAIL'} {what}{'' if held else ': ' + str(detail)}", flush=True)


def hrm(*arguments):
    command = [HRM, "policy", *map(str, arguments), "--endpoint", os.environ["HRM_ENDPOINT"], "--json"]
    end = subprocess.run(command, capture_output=True, text=True, check=False)
    if end.returncode != 0:
        check(" ".join(command), False, end.stderr)
        sys.exit(1)
    return json.loads(end.stdout)


def ask(*arguments):
    return hrm("ask", *arguments)["choices"]


def texts(choices):
    return [choice["text"] for choice in choices]


def completions():
    flags = ("--prompt", "Once upon a time", "--max-tokens", 8, "-n", 3)
    first = ask(*flags, "--seed", 1)
    check("three choices of at most 8 tokens", len(first) == 3 and all(c["tokens_estimated"] for c in first), first)
    check("the choices differ", len(set(texts(first))) > 1, first)
    check("the same seed gives the same texts", texts(ask(*flags, "--seed", 1)) == texts(first))
    check("another seed gives other texts", texts(ask(*flags, "--seed", 2)) != texts(first))
    many = ask("--prompt", "Once", "--max-tokens", 2, "-n", 6)
    check("more choices than the server has slots", len(many) == 6, many)


def stops():
    flags = ("--prompt", COUNT, "--temperature", 0, "--max-tokens", 16)
    named = ask(*flags, "--kind", "llamacpp", "--stop", " 11", "--stop", "zebra")[0]
    check("llamacpp names the stop string", (named["finish"], named["stop"]) == ("stop", " 11"), named)
    check("the text ends before it", named["text"] == " 9, 10,", named)
    check("tokens are counted", named["tokens"] > 3 and not named["tokens_estimated"], named)
    deduced = ask(*flags, "--stop", " 11")[0]
    check("completions: the only stop string is named", (deduced["text"], deduced["stop"]) == (" 9, 10,", " 11"), deduced)
    short = ask("--prompt", COUNT, "--temperature", 0, "--max-tokens", 3)[0]
    check("max_tokens", (short["finish"], short["tokens"]) == ("length", 3), short)


def chats():
    flags = ("--kind", "chat", "--temperature", 0, "--max-tokens", 12, "--prompt", "What is the capital of France?")
    answer = ask(*flags)[0]
    check("a chat answers", answer["text"].strip() and answer["finish"] in ("end", "length") and 0 < answer["tokens"] <= 12,
          answer)
    begun = "The capital of France is"
    for continuation in ("prefill", "flags"):
        choice = ask(*flags, "--begun", begun, "--continuation", continuation)[0]
        check(f"a begun answer is continued ({continuation})",
              "Paris" in choice["text"] and not choice["text"].startswith("The"), choice)


def logprobs():
    for kind in ("completions", "llamacpp", "chat"):
        for choice in ask("--prompt", "2 + 2 =", "--kind", kind, "--max-tokens", 4, "-n", 2, "--logprobs"):
            values = choice.get("logprobs", [])
            check(f"log-probabilities, {kind}", len(values) == choice["tokens"] and all(v <= 0 for v in values), choice)


def concurrency():
    load = hrm("bench", "--prompt", "Once", "--max-tokens", 4, "--requests", 12, "--in-flight", 6)
    check("twelve requests, six at once", load["requests"] == 12 and load["failed"] == 0, load)
    with tempfile.TemporaryDirectory() as folder:
        flags = ("ask", "--prompt", "Once", "--max-tokens", 4, "--cache", f"{folder}/replies")
        first, second = hrm(*flags), hrm(*flags)
        check("a cached reply costs nothing", second["cached"] and second["usage"]["attempts"] == 0, second)
        check("and is the same", texts(first["choices"]) == texts(second["choices"]))
        print(f"speed: {load['tokens_per_second']:.0f} tokens/s")


def main():
    if "HRM_ENDPOINT" in os.environ:
        for part in (completions, stops, chats, logprobs, concurrency):
            part()
        print(f"{failures} failed" if failures else "all passed")
        return 1 if failures else 0
    if not (VENV / "bin/python").exists():
        print("skipped: the server is not installed (scripts/real_server --install-only)")
        return 77
    probe = subprocess.run([HRM, "policy", "ask", "--endpoint", "http://127.0.0.1:9", "--attempts", "1", "--prompt", "x"],
                           capture_output=True, text=True, check=False)
    if "without HTTP" in probe.stderr:
        print("skipped: hrm was built without HTTP")
        return 77
    return subprocess.run([SOURCE / "scripts/real_server", "--slots", "4", "--", sys.executable, __file__],
                          check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
