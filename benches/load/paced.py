#!/usr/bin/env python3
"""Sends presigned webhooks at a steady rate and prints how long their acknowledgement took.

usage: paced.py URL FILE RATE SECONDS
"""
import http.client, sys, threading, time, urllib.parse

url, path, rate, seconds = urllib.parse.urlparse(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
lines = [line.rstrip("\n").split("\t") for line in open(path)][: rate * seconds]
start, taken, failed, connections = time.perf_counter() + 0.5, [], [], 4

def send(first):
    connection = http.client.HTTPConnection(url.hostname, url.port)
    for at in range(first, len(lines), connections):
        stamp, signature, body = lines[at]
        time.sleep(max(0.0, start + at / rate - time.perf_counter()))
        began = time.perf_counter()
        connection.request("POST", url.path, body.encode(), {
            "content-type": "application/json", "x-zendesk-webhook-signature-timestamp": stamp,
            "x-zendesk-webhook-signature": signature})
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - began)
        if answer.status != 200:
            failed.append(answer.status)

threads = [threading.Thread(target=send, args=(n,)) for n in range(connections)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
taken.sort()
at = lambda share: 1000 * taken[min(len(taken) - 1, int(share * len(taken)))]
print(f"{len(taken)} sent, {len(failed)} not acknowledged; p50 {at(.5):.1f} ms, p99 {at(.99):.1f} ms, slowest {1000 * taken[-1]:.1f} ms")
