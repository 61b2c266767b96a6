#!/usr/bin/python3
"""A producer on librdkafka with its default settings: stall_librdkafka.py BOOTSTRAP TOPIC

Sends a record to each partition twice a second until standard input ends. Prints JSON with the number of acknowledged records,
the longest time from sending a record to its acknowledgement in seconds, and the distinct errors.
"""

import json
import sys
import threading
import time

from confluent_kafka import Producer

PARTITIONS = 6
INTERVAL_SECONDS = 0.5
END_SECONDS = 180

bootstrap, topic = sys.argv[1:]
acknowledged, longest_stall, errors = 0, 0.0, set()


def send(producer, partition):
    sent = time.monotonic()

    def delivered(error, _message):
        global acknowledged, longest_stall
        if error is not None:
            errors.add(str(error))
            return
        acknowledged += 1
        longest_stall = max(longest_stall, time.monotonic() - sent)

    producer.produce(topic, b".", partition=partition, callback=delivered)


ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
producer = Producer({"bootstrap.servers": bootstrap})
due = time.monotonic()
while not ended.is_set():
    for partition in range(PARTITIONS):
        send(producer, partition)
    due += INTERVAL_SECONDS
    while (left := due - time.monotonic()) > 0:
        producer.poll(left)
if producer.flush(END_SECONDS) > 0:
    errors.add(f"{len(producer)} records were neither acknowledged nor refused in {END_SECONDS} seconds")
print(json.dumps({"acknowledged": acknowledged, "longestStallSeconds": longest_stall, "errors": sorted(errors)}))
