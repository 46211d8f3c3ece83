#!/usr/bin/env python3
"""Many chats at once, from outside, against servers that take turns. Standard library only.

    chats.py --model MODEL.gguf --hearth target/release/hearth [--peer llama-server]
             [--chats 8] [--threads 2] [--rounds 3] [--json FILE]

Every round starts each server anew and measures:

- load: so many chats at once, each with a prompt of about 158 tokens and an answer of 128; all
  prompts differ from the first words on, so nothing is found in a cache. Tokens a second over all
  chats, time to the first token, time between tokens.
- stall: a prompt of about 2,000 tokens arrives while the other chats are writing. The time between
  their tokens meanwhile.
- turns: one conversation of ten turns. The time to the first token of turns 2 and 10, and the part
  of the old tokens that turn 10 did not compute.

Medians over the rounds are told, and ratios.
"""
import argparse
import asyncio
import http.cookiejar
import json
import pathlib
import random
import re
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

WORDS = (
    "time year people way day man thing woman life child world school state family student group "
    "country problem hand part place case week company system program question work government "
    "number night point home water room mother area money story fact month lot right study book"
).split()
SEED = random.randrange(1 << 30)


def prompt(num_words, number):
    chance = random.Random(f"{SEED} {number}")
    words = " ".join(chance.choice(WORDS) for _ in range(num_words))
    return "Write a long story that uses these words: " + words


class Chat:
    """One streamed answer: when its pieces came, and what it cost."""

    def __init__(self):
        self.pieces = []
        self.text = ""
        self.usage = {}
        self.sent = 0.0

    @property
    def first(self):
        return self.pieces[0] - self.sent

    def gaps(self, begin=0.0, end=float("inf")):
        inside = [at for at in self.pieces if begin <= at <= end]
        return [later - earlier for earlier, later in zip(inside, inside[1:])]


async def ask(server, messages, max_tokens):
    chat = Chat()
    body = json.dumps({
        "messages": messages, "max_tokens": max_tokens, "temperature": 0, "stream": True,
        "stream_options": {"include_usage": True}, "ignore_eos": True,
    }).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Bearer {server.key}\r\n\r\n"
    )
    chat.sent = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head.encode() + body)
    await writer.drain()
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"{status!r} {await reader.read(400)!r}")
    async for line in reader:
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        event = json.loads(line[6:])
        chat.usage = event.get("usage") or chat.usage
        for choice in event["choices"]:
            piece = choice["delta"].get("content")
            if piece:
                chat.pieces.append(time.perf_counter())
                chat.text += piece
    writer.close()
    return chat


def user(text):
    return [{"role": "user", "content": text}]


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round((len(ordered) - 1) * percent / 100))]


async def load(server, num_chats, chats_each=2):
    async def worker(worker):
        return [
            await ask(server, user(prompt(119, f"load {worker} {turn}")), 128)
            for turn in range(chats_each)
        ]

    begin = time.perf_counter()
    chats = sum(await asyncio.gather(*map(worker, range(num_chats))), [])
    wall = time.perf_counter() - begin
    gaps = [gap for chat in chats for gap in chat.gaps()]
    return {
        "prompt_tokens": statistics.mean(chat.usage["prompt_tokens"] for chat in chats),
        "tokens_per_s": sum(chat.usage["completion_tokens"] for chat in chats) / wall,
        "first_token_p50_ms": 1000 * percentile([chat.first for chat in chats], 50),
        "first_token_p95_ms": 1000 * percentile([chat.first for chat in chats], 95),
        "between_tokens_p50_ms": 1000 * percentile(gaps, 50),
        "between_tokens_p95_ms": 1000 * percentile(gaps, 95),
    }


async def stall(server, num_chats):
    writing = [
        asyncio.create_task(ask(server, user(prompt(10, f"stall {number}")), 400))
        for number in range(num_chats - 1)
    ]
    await asyncio.sleep(3)
    long = await ask(server, user(prompt(1950, "stall long")), 1)
    chats = await asyncio.gather(*writing)
    begin, end = long.sent, long.pieces[0]
    during = [gap for chat in chats for gap in chat.gaps(begin, end)]
    beside = [gap for chat in chats for gap in chat.gaps(begin - 1, begin)]
    return {
        "prompt_tokens": long.usage["prompt_tokens"],
        "first_token_ms": 1000 * (end - begin),
        "between_tokens_p50_ms": 1000 * percentile(during, 50),
        "between_tokens_p95_ms": 1000 * percentile(during, 95),
        "decode_step_ms": 1000 * percentile(beside, 50),
    }


async def turns(server):
    messages, first, cached = [], [], []
    for turn in range(10):
        messages += user(prompt(30, f"turn {turn}"))
        before = len(messages)
        chat = await ask(server, messages, 64)
        messages.append({"role": "assistant", "content": chat.text})
        first.append(1000 * chat.first)
        details = chat.usage.get("prompt_tokens_details") or {}
        cached.append((details.get("cached_tokens", 0), chat.usage["prompt_tokens"]))
        assert len(messages) == before + 1
        await asyncio.sleep(0.3)
    # What turn 10 adds: its message, as long as that of turn 2 and more.
    new = cached[1][1] - cached[0][1] - 64
    return {
        "first_token_of_turn_2_ms": first[1],
        "first_token_of_turn_10_ms": first[9],
        "turn_10_to_turn_2": first[9] / first[1],
        "prompt_tokens_of_turn_10": cached[9][1],
        "cached_share_of_turn_10": cached[9][0] / max(1, cached[9][1] - new),
    }


class Server:
    """A server that lives for one round."""

    def __init__(self, program, arguments, log):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.log, self.key = log, "none"
        command = [program, *(argument.replace("PORT", str(self.port)) for argument in arguments)]
        output = open(log, "wb")
        self.process = subprocess.Popen(command, stdout=output, stderr=output)

    def wait(self):
        for _ in range(600):
            try:
                if urllib.request.urlopen(self.base + "/health").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(pathlib.Path(self.log).read_text())

    def claim(self):
        """Makes an account and a key, as a person does on the page."""
        log = pathlib.Path(self.log).read_text()
        token = re.search(r"set-up[?#]token=([0-9a-f]+)", log).group(1)
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        opener = urllib.request.build_opener(cookies)

        def call(function, **fields):
            data = urllib.parse.urlencode(fields).encode()
            headers = {"Origin": self.base, "Accept": "application/json"}
            request = urllib.request.Request(f"{self.base}/api/{function}", data, headers)
            return json.loads(opener.open(request).read() or b"null")

        call("set_up", token=token, name="Bench", password="correct horse battery")
        setting = "form[concurrent_turns]"
        call("save_settings", **{f"{setting}[value]": "64", f"{setting}[version]": "0"})
        self.key = call("create_api_key", name="bench")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def start(which, options, folder):
    log = f"{folder}/{which}.log"
    if which == "hearth":
        server = Server(options.hearth, [
            "serve", "--data", f"{folder}/data", "--listen", "127.0.0.1:PORT",
            "--model", options.model, "--threads", str(options.threads), "--device", "cpu",
        ], log)
        server.wait()
        server.claim()
    else:
        server = Server(options.peer, [
            "--model", options.model, "--host", "127.0.0.1", "--port", "PORT",
            "--threads", str(options.threads), "--threads-batch", str(options.threads),
            "--parallel", str(options.chats), "--ctx-size", str(4096 * options.chats),
        ], log)
        server.wait()
    return server


def measure(which, options):
    with tempfile.TemporaryDirectory() as folder:
        server = start(which, options, folder)
        try:
            asyncio.run(ask(server, user("Hello"), 8))
            found = {}
            for name in options.only.split(","):
                kind = {"load": load, "stall": stall, "turns": turns}[name]
                arguments = [server] if name == "turns" else [server, options.chats]
                found[name] = asyncio.run(kind(*arguments))
            return found
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--hearth", required=True)
    parser.add_argument("--peer", help="a llama-server to compare with")
    parser.add_argument("--chats", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="load,stall,turns", help="of load, stall, turns")
    parser.add_argument("--json", help="file for all figures")
    options = parser.parse_args()
    servers = ["hearth"] + (["peer"] if options.peer else [])
    found = {which: [] for which in servers}
    for number in range(options.rounds):
        for which in servers:
            found[which].append(measure(which, options))
            print(f"round {number + 1}, {which}: {json.dumps(found[which][-1])}", flush=True)
    for part, figures in found["hearth"][0].items():
        for figure in figures:
            medians = {
                which: statistics.median(round[part][figure] for round in rounds)
                for which, rounds in found.items()
            }
            line = f"{part} {figure}: " + ", ".join(f"{w} {m:.2f}" for w, m in medians.items())
            if options.peer and medians["peer"]:
                line += f", ratio {medians['hearth'] / medians['peer']:.2f}"
            print(line)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(found, indent=1))


main()
