#!/usr/bin/python3
"""The load under which Kafka is changed, on librdkafka: load.py BOOTSTRAP TOPIC COPIES JOURNAL

Makes the topic with COPIES of each partition, of which all but one must be in sync, and runs until standard input ends:
an idempotent producer that numbers its records, partition by partition and at a steady pace, and a consumer group of
two. Prints its progress twice a second; at the end writes to JOURNAL all that was acknowledged and consumed.
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
RECORDS = 3  # of a batch, to each partition
VALUE_BYTES = 500
END_SECONDS = 180  # longest that the end may take: what is under way acknowledged, and the group at the end of the log

bootstrap, topic, copies, journal = sys.argv[1:]
run = uuid.uuid4().hex
connection = {"bootstrap.servers": bootstrap}  # and the client's default settings, as users have them


class Load:
    def __init__(self):
        self.acknowledged = {p: [] for p in range(PARTITIONS)}
        self.consumed = {p: [] for p in range(PARTITIONS)}
        self.errors = set()
        self.longest_stall = 0.0  # from handing a record to the client until it is acknowledged
        self.longest_delay = 0.0  # … until the group has it
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
                # A broker takes a producer's first batch whatever its number (KIP-360), and one from before it for a
                # duplicate, which librdkafka counts as acknowledged (librdkafka#4438). So no second one is under way before
                # the first is there: a new topic's leader may have refused it for a moment.
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
                    continue  # passing; what it kept from the group is missed at the end
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
    settings = {"min.insync.replicas": str(max(1, int(copies) - 1))}
    new = NewTopic(topic, PARTITIONS, int(copies), config=settings)
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
