#!/usr/bin/python3
"""A Kafka client that shares no code with this project, on librdkafka. client.py BOOTSTRAP TOPIC hello | stream

hello   sends ten messages and reads them back, as the lab's test does.
stream  sends numbered records with an idempotent producer until standard input ends, then reads them back and compares them
        with the acknowledged ones.
Prints the result as one line of JSON.
"""

import json
import sys
import threading
import time
import uuid

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, topic, mode = sys.argv[1:]
run = uuid.uuid4().hex


def create_topic():
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(topic, 3, 1)]).values():
        future.result(60)


def produce(until):
    """Sends records until `until(number)` is true. Returns the acknowledged ones by partition, the errors, and the longest stall."""
    acknowledged, errors, last, stall = {}, [], time.monotonic(), 0.0

    def delivered(error, message):
        nonlocal last, stall
        if error is not None:
            errors.append(str(error))
            return
        now = time.monotonic()
        stall, last = max(stall, now - last), now
        acknowledged.setdefault(message.partition(), []).append((message.offset(), message.value()))

    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all", "linger.ms": 5})
    number = 0
    while not until(number):
        try:
            producer.produce(topic, f"{run} {number}".encode(), callback=delivered)
            number += 1
        except BufferError:
            pass  # the queue is full during a stall; poll empties it when the brokers are back
        producer.poll(0.002)
    producer.flush(120)
    return acknowledged, errors, stall


def consume():
    """Reads this run's records up to the end offsets. Returns them by partition, in order."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": run, "auto.offset.reset": "earliest"})
    partitions = AdminClient({"bootstrap.servers": bootstrap}).list_topics(topic).topics[topic].partitions
    ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1] for p in partitions}
    consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
    found, positions = {}, {p: 0 for p in partitions}
    deadline = time.monotonic() + 120
    while any(positions[p] < ends[p] for p in partitions) and time.monotonic() < deadline:
        for message in consumer.consume(1000, timeout=1.0):
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise SystemExit(str(message.error()))
                continue
            positions[message.partition()] = message.offset() + 1
            if message.value().startswith(run.encode()):
                found.setdefault(message.partition(), []).append(message.value())
    consumer.close()
    return found


if mode == "hello":
    until = lambda number: number >= 10  # noqa: E731
else:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    until = lambda number: ended.is_set()  # noqa: E731

create_topic()
acknowledged, errors, stall = produce(until)
found = consume()
sent = [value for records in acknowledged.values() for _, value in records]
read = [value for values in found.values() for value in values]


def number_of(value):
    return int(value.split()[1])


print(
    json.dumps(
        {
            "acknowledged": len(sent),
            "consumed": len(read),
            "errors": sorted(set(errors)),
            "lost": len(set(sent) - set(read)),
            "duplicated": len(read) - len(set(read)),
            "outOfOrder": sum(
                sum(number_of(a) > number_of(b) for a, b in zip(values, values[1:])) for values in found.values()
            ),
            "longestStallSeconds": round(stall, 3),
        }
    )
)
