#!/usr/bin/env bash
# Kafka VERSION in the layout of Apache's image: /opt/kafka on Java 17, run by appuser (1000). The jars are Maven's, the
# scripts around them ours.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh
here=toolchain/images/kafka
root=$WORK/root
kafka=$root/opt/kafka

# Fonts, sound, printers, smart cards and certificates of public authorities: of no use to a broker.
DEBIAN_ASSUMED+=(
  ca-certificates-java java-common libasound2 libcups2 libfontconfig1 libfreetype6 libharfbuzz0b libjpeg62-turbo
  liblcms2-2 libnss3 libpcsclite1 util-linux
)
debian_download "$IMAGE_DEBIAN_DIR/status" "$WORK/debs" openjdk-17-jre-headless procps
debian_unpack "$root" "$WORK"/debs/*.deb

cp -r "$here/opt" "$root"
while read -r tool class; do
  cat >"$kafka/bin/$tool.sh" <<END
#!/bin/bash
exec "\$(dirname "\$(readlink -f "\$0")")/kafka-run-class.sh" $class "\$@"
END
  chmod +x "$kafka/bin/$tool.sh"
done <"$here/tools.txt"
mvn --quiet --batch-mode --file "$here/pom.xml" -Dmaven.repo.local="$BUILD/maven" -Dkafka.version="$VERSION" \
  dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$(realpath "$kafka")/libs"
verify "$kafka/libs"

mkdir "$root/opt/java"
ln -s "/usr/lib/jvm/java-17-openjdk-$(dpkg --print-architecture)" "$root/opt/java/openjdk"
add_user "$root" appuser 1000
writable=(etc/kafka/secrets home/appuser mnt/shared/config opt/kafka/logs var/lib/kafka/data)
mkdir -p "${writable[@]/#/$WORK/own/}"

# The archive of classes is made inside the image's files, with the times that they will have there, and without network.
inside=$WORK/inside
mkdir "$inside"
tar --extract --directory "$inside" --file "$IMAGE_DEBIAN_DIR/layer.tar"
find "$root" -exec touch --no-dereference --date "$IMAGE_TIME" {} +
cp --archive --link --no-target-directory --remove-destination "$root" "$inside"
cp "$here/archive.sh" "$inside/tmp"
echo "127.0.0.1 localhost $(hostname)" >"$inside/etc/hosts"
# shellcheck disable=SC2016 # expanded inside
unshare --mount --net --pid --fork bash -euc '
  ip link set lo up
  mount --types proc proc "$0/proc"
  exec chroot "$0" /tmp/archive.sh
' "$inside"
mv "$inside/opt/kafka/kafka.jsa" "$kafka/"

image "$IMAGE" "$IMAGE_DEBIAN_DIR/layer.tar" "$(layer "$root" 0 .)" "$(layer "$WORK/own" 1000 "${writable[@]}")" -- \
  --cmd /opt/kafka/bin/kafka-server-start.sh --cmd /mnt/shared/config/server.properties \
  --user appuser --workdir /opt/kafka --exposed-ports 9092 \
  --env "PATH=/opt/java/openjdk/bin:$IMAGE_PATH" --env JAVA_HOME=/opt/java/openjdk --env LANG=C.UTF-8
