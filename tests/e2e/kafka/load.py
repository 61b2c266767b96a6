#!/usr/bin/python3
"""The load under which Kafka is changed, on librdkafka: load.py BOOTSTRAP TOPIC REPLICAS JOURNAL

Makes the topic with REPLICAS replicas of each partition, of which all but one must be in sync. Until standard input ends, an
idempotent producer sends numbered records to each partition at a steady pace, and a consumer group of two reads them. Prints
its progress twice a second, and at the end writes all acknowledged and consumed records to JOURNAL.
"""

import json
import sys
import threading
import time
import uuid

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 6
BATCHES_PER_SECOND = 10
RECORDS = 3  # in a batch, for each partition
VALUE_BYTES = 500
END_SECONDS = 180  # for the last acknowledgements, and for the group to reach the end of the log

bootstrap, topic, replicas, journal = sys.argv[1:]
run = uuid.uuid4().hex
connection = {"bootstrap.servers": bootstrap}  # all other settings are the client's defaults, as most users have them


class Load:
    def __init__(self):
        self.acknowledged = {p: [] for p in range(PARTITIONS)}
        self.consumed = {p: [] for p in range(PARTITIONS)}
        self.errors = set()
        self.longest_stall = 0.0  # seconds from handing a record to the client until it is acknowledged
        self.longest_delay = 0.0  # seconds from handing a record to the client until the group has it
        self.ended = threading.Event()  # no more records are made
        self.complete = threading.Event()  # the group may stop

    def produce(self):
        producer = Producer({**connection, "enable.idempotence": True, "acks": "all", "linger.ms": 5})
        start, batch = time.monotonic(), 0
        while not self.ended.is_set():
            for partition in range(PARTITIONS):
                for number in range(batch * RECORDS, (batch + 1) * RECORDS):
                    self.send(producer, partition, number)
            if batch == 0:
                # A broker accepts a producer's first batch whatever its sequence number (KIP-360). It takes an earlier batch that
                # arrives afterwards for a duplicate, and librdkafka counts that as acknowledged (librdkafka#4438). A new topic's
                # leader may refuse the first batch for a moment, so the second one isn't sent before the first is acknowledged.
                producer.flush(END_SECONDS)
            batch += 1
            while (due := start + batch / BATCHES_PER_SECOND - time.monotonic()) > 0:
                producer.poll(due)
        if producer.flush(END_SECONDS) > 0:
            self.errors.add(f"{len(producer)} records were neither acknowledged nor refused in {END_SECONDS} seconds")

    def send(self, producer, partition, number):
        sent = time.monotonic()

        def delivered(error, message):
            if error is not None:
                self.errors.add(str(error))
                return
            self.longest_stall = max(self.longest_stall, time.monotonic() - sent)
            self.acknowledged[partition].append((message.offset(), number))

        value = f"{run} {number} {sent} ".encode().ljust(VALUE_BYTES, b".")
        producer.produce(topic, value, partition=partition, callback=delivered)

    def consume(self):
        consumer = Consumer({**connection, "group.id": run, "auto.offset.reset": "earliest"})
        consumer.subscribe([topic])
        while not self.complete.is_set():
            for message in consumer.consume(1000, timeout=0.5):
                if message.error():
                    continue  # errors pass; a record that the group doesn't get is counted as missed at the end
                _, number, sent, _ = message.value().split()
                self.longest_delay = max(self.longest_delay, time.monotonic() - float(sent))
                self.consumed[message.partition()].append((message.offset(), int(number)))
        consumer.close()

    def group_is_behind(self):
        return any(
            acknowledged and (not consumed or max(consumed)[1] < acknowledged[-1][1])
            for acknowledged, consumed in zip(self.acknowledged.values(), self.consumed.values())
        )

    def count(self, records):
        return sum(len(of_partition) for of_partition in records.values())

    def progress(self):
        return {"acknowledged": self.count(self.acknowledged), "consumed": self.count(self.consumed)}


def create_topic():
    settings = {"min.insync.replicas": str(max(1, int(replicas) - 1))}
    new = NewTopic(topic, PARTITIONS, int(replicas), config=settings)
    admin = AdminClient(connection)
    for future in admin.create_topics([new]).values():
        future.result(60)


create_topic()
load = Load()
threading.Thread(target=lambda: (sys.stdin.read(), load.ended.set()), daemon=True).start()
consumers = [threading.Thread(target=load.consume) for _ in range(2)]
producer = threading.Thread(target=load.produce)
for thread in [*consumers, producer]:
    thread.start()
while producer.is_alive():
    producer.join(0.5)
    print(json.dumps(load.progress()), flush=True)
deadline = time.monotonic() + END_SECONDS
while load.group_is_behind() and time.monotonic() < deadline:
    time.sleep(0.1)
load.complete.set()
for thread in consumers:
    thread.join()
with open(journal, "w") as file:
    json.dump(
        {
            "run": run,
            "acknowledged": load.acknowledged,
            "consumed": load.consumed,
            "errors": sorted(load.errors),
            "longestStallSeconds": round(load.longest_stall, 3),
            "longestDelaySeconds": round(load.longest_delay, 3),
        },
        file,
    )
