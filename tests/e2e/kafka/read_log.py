#!/usr/bin/python3
"""Reads a run's records from a topic's log, independently of the run's own clients: read_log.py BOOTSTRAP TOPIC RUN

Reads every partition from offset 0 to its end and prints [offset, number] of each record, by partition, as JSON.
"""

import json
import sys
import time

from confluent_kafka import Consumer, TopicPartition

SECONDS = 180

bootstrap, topic, run = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": "read_log",  # required by the client; nothing is committed
        "enable.auto.commit": False,
        "auto.offset.reset": "error",  # a missing offset is a finding, not a reason to start elsewhere
    }
)
partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1] for p in partitions}
consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
found, positions = {p: [] for p in partitions}, {p: 0 for p in partitions}
deadline = time.monotonic() + SECONDS
while any(positions[p] < ends[p] for p in partitions):
    if time.monotonic() > deadline:
        raise SystemExit(f"{topic}: read up to {positions} of {ends} in {SECONDS} seconds")
    for message in consumer.consume(10_000, timeout=0.5):
        if message.error():
            raise SystemExit(f"{topic}: {message.error()}")
        positions[message.partition()] = message.offset() + 1
        owner, number, *_ = message.value().split()
        if owner == run.encode():
            found[message.partition()].append((message.offset(), int(number)))
print(json.dumps(found))
