#!/usr/bin/python3
"""Prints the cluster's brokers, partitions and settings as JSON: describe.py BOOTSTRAP [SETTING...]"""

import json
import sys

from confluent_kafka.admin import AdminClient, ConfigResource

bootstrap, *settings = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap})
metadata = admin.list_topics(timeout=10)


def settings_of(broker):
    resource = ConfigResource(ConfigResource.Type.BROKER, str(broker))
    answer = admin.describe_configs([resource])[resource].result(10)  # a request can name only one broker
    return {setting: answer[setting].value for setting in settings}


print(
    json.dumps(
        {
            "brokers": sorted(metadata.brokers),
            "partitions": [
                {
                    "topic": topic.topic,
                    "partition": partition.id,
                    "leader": partition.leader,
                    "replicas": partition.replicas,
                    "inSync": partition.isrs,
                }
                for topic in metadata.topics.values()
                for partition in topic.partitions.values()
            ],
            "settings": {broker: settings_of(broker) for broker in metadata.brokers} if settings else {},
        }
    )
)
