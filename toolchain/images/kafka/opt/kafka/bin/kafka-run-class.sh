#!/bin/bash
# Runs a class of Kafka's: kafka-run-class.sh CLASS [ARGUMENT...]. Read from the environment, as by Apache's script:
#   KAFKA_HEAP_OPTS             size of the heap
#   KAFKA_JVM_PERFORMANCE_OPTS  garbage collector and the like
#   KAFKA_LOG4J_OPTS            logging; by default warnings on standard error
#   KAFKA_JMX_OPTS, KAFKA_OPTS  anything else
#   CLASSPATH                   in front of Kafka's own libraries
set -eu

kafka=$(dirname "$(dirname "$(readlink -f "$0")")")
: "${KAFKA_HEAP_OPTS:=-Xmx256M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true}"
: "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=$kafka/config/tools-log4j2.yaml}"

# One by one and in order, since the archive of classes is for exactly this class path.
class_path=$(printf ':%s' "$kafka"/libs/*.jar)
if [ -n "${CLASSPATH:-}" ]; then
  class_path=:$CLASSPATH$class_path
elif [ -e "$kafka/kafka.jsa" ]; then
  KAFKA_JVM_PERFORMANCE_OPTS="-XX:SharedArchiveFile=$kafka/kafka.jsa $KAFKA_JVM_PERFORMANCE_OPTS"
fi

# shellcheck disable=SC2086 # each is a list of options
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS ${KAFKA_JMX_OPTS:-} $KAFKA_LOG4J_OPTS \
  -cp "${class_path#:}" ${KAFKA_OPTS:-} "$@"
