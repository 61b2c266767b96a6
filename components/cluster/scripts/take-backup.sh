#!/usr/bin/env bash
# Writes a backup of the cluster, on a control plane: etcd's data, the certificates, the key of Secrets and the program's own records, in
# one file. The file is encrypted to a certificate, whose private key isn't on the host, and signed with the key of the cluster's
# authority, so that a changed or foreign file is refused at a restore. backups.sh installs this script, and a systemd timer runs it.
# After a failure another timer runs it with the argument `again`: it brings the backup to where it has not arrived, or writes one if
# none was written. The file `settings` beside it has the inputs.
# Inputs: HOST CLUSTER FOLDER (for backups, on this host and on COPY_TO) KEEP_COUNT KEEP_DAYS
# EVERY_SECONDS COPY_TO (another host of the cluster, or empty) COPY_IMAGE (with a shell) S3_ENDPOINT (empty for none) S3_BUCKET
# S3_PREFIX S3_REGION S3_KEY_ID S3_SECRET
set -Eeuo pipefail
umask 077
export LC_ALL=C HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export KUBECONFIG=/etc/kubernetes/admin.conf CONTAINER_RUNTIME_ENDPOINT=unix:///run/containerd/containerd.sock

record=/var/lib/kubeadm-kafka
home=$record/backups
export KUBECACHEDIR=$home/kubectl # the default is ~/.kube, which an undo must not remove
pki=/etc/kubernetes/pki
snapshot=/var/lib/etcd/kubeadm-kafka-backup.db
# The backup that was written last, as FILE TIME, and in further lines where it has arrived. Missing from the beginning of a backup until
# it is written.
newest=$home/newest
# Bytes of disk that a backup leaves free: a full disk stops etcd.
spare=$((512 * 1024 * 1024))

step() {
  STEP=$1
  printf '%s: %s\n' "$(date -u +%FT%TZ)" "$STEP"
}

# give_up WHY: ends the backup, with a reason for the user.
give_up() {
  REASON=$*
  exit 1
}

# Prints the time of a backup in the form that its file's name begins with, which sorts by time.
file_time() { date --utc --date "$1" +%Y%m%dT%H%M%SZ; }

etcd() { crictl exec "$(crictl ps --quiet --name '^etcd$')" "$@"; }

etcdctl() {
  etcd etcdctl --cacert "$pki/etcd/ca.crt" --cert "$pki/etcd/healthcheck-client.crt" \
    --key "$pki/etcd/healthcheck-client.key" "$@"
}

refuse_full_disk() {
  local size free folder
  size=$(stat --format %s /var/lib/etcd/member/snap/db)
  for folder in /var/lib/etcd "$home" "$FOLDER"; do
    free=$(df --output=avail --block-size=1 "$folder" | tail -n 1)
    ((free > 2 * size + spare)) ||
      give_up "$folder has $((free >> 20)) MiB left, and a backup needs $(((2 * size + spare) >> 20)); free some, or lower kubernetes.backups.keep"
  done
}

# Takes the snapshot and the files with keys from one moment. A key of Secrets is in every control plane's file before anything is
# stored by it, and leaves the file only when nothing is stored by it any more (lib/encryption.sh). So files that are the same before
# and after the snapshot have all of its keys.
take_snapshot_with_keys() {
  local copy=$work/backup/kubernetes/pki
  for _ in 1 2 3 4 5; do
    rm -rf "$work/backup"
    mkdir -p "$work/backup/kubernetes"
    # Follows links: a backup would have the link instead of the key. Fails if a file was replaced meanwhile.
    cp --archive --dereference "$pki" "$copy" || continue
    take_snapshot
    if diff --recursive --brief "$pki" "$copy"; then return 0; fi
  done
  give_up "keys or certificates in $pki changed during each of five snapshots, so none of them fits"
}

take_snapshot() {
  rm -f "$snapshot" "$snapshot.part"
  check_etcd
  etcdctl --command-timeout 5m snapshot save "$snapshot"
  check_snapshot
}

# etcd appends its data's SHA-256. etcdutl also looks into the data; images that earlier versions of this program built don't have it.
check_snapshot() {
  [[ $(head --bytes=-32 "$snapshot" | sha256) == "$(tail --bytes=32 "$snapshot" | hex)" ]] ||
    give_up "the snapshot does not have the checksum that etcd gave it"
  if etcd etcdutl version; then
    etcd etcdutl snapshot status "$snapshot" --write-out json >"$work/backup/etcd.json"
  fi
}

# A member that has lost the others would give an old state: only with a majority does it list alarms. The alarms are part of etcd's
# data, so that a restored cluster would have them, too.
check_etcd() {
  local alarms
  alarms=$(etcdctl --command-timeout 30s alarm list) || give_up "etcd on $HOST has no majority, so what it has may be old"
  [[ -z $alarms ]] ||
    give_up "etcd has raised an alarm, by which a restored cluster could not be written to either: $(xargs <<<"$alarms"). For NOSPACE \
see https://etcd.io/docs/v3.6/op-guide/maintenance/#space-quota"
}

# collect copies what may change while it is read.
collect() {
  mkdir -p "$work/backup/record"
  cp --archive --dereference /etc/kubernetes/manifests /etc/kubernetes/*.conf "$work/backup/kubernetes"
  find "$record" -mindepth 1 -maxdepth 1 ! -name backups ! -name 'restore*' ! -name before.tar \
    -exec cp --archive --dereference --target-directory "$work/backup/record" {} +
  mv "$snapshot" "$work/backup/etcd.db"
  printf '%s\n' "cluster $CLUSTER" "host $HOST" "time $1" \
    "kubernetes $(kubeadm version --output short)" "members $(members)" >"$work/backup/manifest"
}

# Prints NAME=ADDRESS … of etcd's members.
members() { etcdctl --command-timeout 30s member list | sed --quiet 's,^[^ ]* [^ ]* \([^ ]*\)\, https://\([^ ]*\):2380\,.*,\1=\2,p' | xargs; }

# Prints the folder of what was collected, encrypted and signed: CMS in CMS, as openssl reads it.
# https://www.rfc-editor.org/rfc/rfc5652
seal() {
  tar --create --gzip --directory "$work/backup" . |
    openssl cms -encrypt -binary -stream -aes-256-cbc -outform DER -recip "$home/recipient.crt" |
    openssl cms -sign -binary -nodetach -nocerts -stream -md sha256 -outform DER -signer "$pki/ca.crt" -inkey "$pki/ca.key"
}

# is_sealed FILE: whether the file is whole, and signed by the cluster's authority itself rather than by a certificate of its.
is_sealed() {
  openssl cms -verify -binary -inform DER -in "$1" -out /dev/null -nointern -noverify -certfile "$pki/ca.crt"
}

write_backup() {
  local part=$FOLDER/.part
  seal >"$part"
  is_sealed "$part" || give_up "the file that was written can't be read back"
  sync "$part"
  mv "$part" "$FOLDER/$1"
  sync "$FOLDER"
}

# prune FOLDER NEW COUNT OLDEST: removes backups of NEW's control plane beyond COUNT, and two of those from before OLDEST, but never NEW,
# which was just written. All of them may be older for a clock that is ahead: there is time to set it. Backups with a later time than NEW
# are of a clock that was ahead: they count as the oldest. Other hosts' shells run it as well: for busybox, and with no variable of this
# script's.
prune() {
  kept=0
  aged=0
  old=''
  for file in $(cd "$1" && printf '%s\n' [0-9]*Z-"${2#*Z-}" | sort -r |
    awk -v new="$2" '$0 <= new {print; next} {ahead = ahead $0 "\n"} END {printf "%s", ahead}'); do
    kept=$((kept + 1))
    if [ "$file" = "$2" ]; then continue; fi
    if [ "$kept" -gt "$3" ]; then
      rm -f "$1/$file"
    elif expr "$file" \< "$4" >/dev/null; then
      old="$file $old"
    fi
  done
  # The oldest ones first.
  for file in $old; do
    aged=$((aged + 1))
    if [ "$aged" -le 2 ]; then rm -f "$1/$file"; fi
  done
}

# copy_to HOST FILE: brings a backup to another host of the cluster through the API server, since control planes have no login there. A
# pod has that host's folder for backups, and gets the file by its standard input. Sets `why` if it has not arrived.
copy_to() {
  local pod=kubeadm-kafka-backup-$HOST
  if ! delete_pod "$pod" || ! copy_pod "$pod" "$1" | kubectl create --filename -; then
    why="the pod for the copy can't be made: $(tail -n 1 "$work/output")"
  elif ! kubectl wait pod "$pod" --namespace kube-system --for condition=Ready --timeout 300s; then
    why="the pod for the copy does not start on $1"
  elif ! send_copy "$pod" "$2"; then
    why="the copy did not reach $1: $(grep --invert-match '^command terminated' "$work/output" | tail -n 1)"
  fi
  # Even after a failure: a pod without a controller would stop a drain of that host. It ends by itself in any case.
  delete_pod "$pod" --wait=false || true
}

delete_pod() {
  kubectl delete pod "$1" --namespace kube-system --ignore-not-found --force --grace-period 0 "${@:2}"
}

# send_copy POD FILE
send_copy() {
  local sum size room
  sum=$(sha256 <"$FOLDER/$2")
  size=$(stat --format %s "$FOLDER/$2")
  room=$(((size + spare) >> 10))
  timeout 30m kubectl exec "$1" --namespace kube-system --stdin -- sh -c "$(declare -f prune receive)"' && receive "$@"' \
    sh "$2" "$sum" "$room" "$KEEP_COUNT" "$(oldest)" "$([[ ! -e $FOLDER/.goes-with-the-stack ]] || echo yes)" <"$FOLDER/$2"
}

# receive FILE SUM ROOM COUNT OLDEST GOES_WITH_THE_STACK: stores its input, if ROOM KiB are free, and removes old backups. Runs in the pod,
# by busybox. Half a copy is removed, since others' data may be on the same disk. Several control planes may send copies at once.
# shellcheck disable=SC2317 # the pod's shell calls it
receive() {
  umask 077
  cd /backups || return 1
  part=.${1#*Z-}.part
  trap 'rm -f "$part"' EXIT
  free=$(df -P -k . | awk 'NR == 2 {print $4}')
  if [ "$free" -lt "$3" ]; then
    echo "$((free >> 10)) MiB are left there, and a copy needs $(($3 >> 10))" >&2
    return 1
  fi
  cat >"$part" && sync || return 1
  if [ "$(sha256sum <"$part" | cut -c -64)" != "$2" ]; then
    echo "it has not arrived whole" >&2
    return 1
  fi
  mv "$part" "$1" && sync || return 1
  if [ "$6" = yes ]; then touch .goes-with-the-stack; else rm -f .goes-with-the-stack; fi
  prune . "$1" "$4" "$5"
}

# copy_pod POD HOST: prints the pod. It runs in the host's network, so that it needs no other pod.
copy_pod() {
  cat <<-POD
	apiVersion: v1
	kind: Pod
	metadata: {name: "$1", namespace: kube-system}
	spec:
	  nodeName: "$2"
	  hostNetwork: true
	  restartPolicy: Never
	  activeDeadlineSeconds: 2400
	  terminationGracePeriodSeconds: 1
	  automountServiceAccountToken: false
	  enableServiceLinks: false
	  tolerations: [{operator: Exists}]
	  volumes: [{name: backups, hostPath: {path: "$FOLDER", type: DirectoryOrCreate}}]
	  containers:
	    - name: copy
	      image: "$COPY_IMAGE"
	      command: [sleep, "2400"]
	      volumeMounts: [{name: backups, mountPath: /backups}]
	      resources: {requests: {cpu: 10m, memory: 16Mi}}
	      securityContext:
	        {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
	POD
}

oldest() { file_time "-$KEEP_DAYS days"; }

# unhex HEX: prints the bytes.
unhex() {
  local text=''
  while [[ -n ${1:-} ]]; do
    text+="\\x${1:0:2}"
    set -- "${1:2}"
  done
  # shellcheck disable=SC2059 # a format without directives
  printf "$text"
}

hex() { od --address-radix=n --format=x1 | tr --delete ' \n'; }

sha256() { sha256sum | cut --characters=-64; }

# hmac KEY TEXT: prints HMAC-SHA256 of the text in hex. The key is in hex. openssl would take it as an argument, which everybody on the
# host can read.
hmac() {
  local key=$1 inner='' outer='' at byte
  ((${#key} <= 128)) || key=$(unhex "$key" | sha256)
  printf -v key '%-128s' "$key"
  key=${key// /0}
  for ((at = 0; at < 128; at += 2)); do
    byte=$((16#${key:at:2}))
    printf -v inner '%s\\x%02x' "$inner" $((byte ^ 0x36))
    printf -v outer '%s\\x%02x' "$outer" $((byte ^ 0x5c))
  done
  # shellcheck disable=SC2059 # formats without directives
  inner=$({ printf "$inner" && printf %s "$2"; } | sha256)
  # shellcheck disable=SC2059
  { printf "$outer" && unhex "$inner"; } | sha256
}

# signing_key DATE SERVICE: prints the key that signs the requests of a day.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
signing_key() {
  local key part
  key=$(printf 'AWS4%s' "$S3_SECRET" | hex)
  for part in "$1" "$S3_REGION" "$2" aws4_request; do key=$(hmac "$key" "$part"); done
  printf %s "$key"
}

# authorization METHOD PATH SUM TIME: prints the header's value for a request without a query.
authorization() {
  local names='host;x-amz-content-sha256;x-amz-date' scope=${4%T*}/$S3_REGION/s3/aws4_request request
  request=$(printf '%s\n' "$1" "$2" "" "host:$(s3_host)" "x-amz-content-sha256:$3" "x-amz-date:$4" "" "$names" "$3")
  printf 'AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s' "$S3_KEY_ID" "$scope" "$names" \
    "$(hmac "$(signing_key "${4%T*}" s3)" "AWS4-HMAC-SHA256
$4
$scope
$(printf %s "$request" | sha256)")"
}

# Prints the endpoint's host as curl sends it: without the scheme's own port.
s3_host() {
  local host=${S3_ENDPOINT#*://}
  host=${host%%/*}
  if [[ $S3_ENDPOINT == https:* ]]; then echo "${host%:443}"; else echo "${host%:80}"; fi
}

# upload FILE: puts a backup into the bucket, path-style, which all implementations know. curl's own signature of a file is only right
# in newer versions. Sets `why` if it isn't stored.
upload() {
  local path place=${S3_ENDPOINT#*://} answer
  path=/$S3_BUCKET/${S3_PREFIX:+$S3_PREFIX/}${FOLDER##*/}/$1
  [[ $place != */* ]] || path=/${place#*/}$path
  if ! answer=$(curl_settings "$path" "$FOLDER/$1" | curl --disable --config -); then
    why="it does not take the backup: $(tail -n 1 "$work/output")$(error_in "$answer")"
  elif [[ $answer != *$'\n'2?? ]]; then # a redirect is no error to curl, and nothing is stored
    why="it does not take the backup: HTTP ${answer##*$'\n'}$(error_in "$answer"); mostly the bucket is in another region"
  fi
}

# error_in ANSWER: prints the service's own name of an error, if there is one.
error_in() { sed --quiet 's:.*<Code>\([A-Za-z]*\)</Code>.*: (\1):p' <<<"$1"; }

# curl_settings PATH FILE: prints curl's settings for an upload, which hold no secret but the signature of a quarter of an hour. A bucket
# whose objects are locked takes none without an MD5 sum.
curl_settings() {
  local sum md5 time signed
  sum=$(sha256 <"$2") time=$(file_time now)
  md5=$(md5sum <"$2" | cut --characters=-32)
  signed=$(authorization PUT "$1" "$sum" "$time")
  [[ $signed =~ Signature=[0-9a-f]{64}$ ]] || return 1
  cat <<-CURL
	url = "${S3_ENDPOINT%%://*}://$(s3_host)$1"
	upload-file = "$2"
	header = "Authorization: $signed"
	header = "x-amz-content-sha256: $sum"
	header = "x-amz-date: $time"
	header = "Content-MD5: $(unhex "$md5" | base64)"
	header = "Expect:"
	write-out = "\n%{http_code}"
	fail-with-body
	silent
	show-error
	connect-timeout = 30
	speed-limit = 1000
	speed-time = 60
	retry = 3
	$(proxy_settings)
	CURL
}

# Prints curl's settings for the site's proxy, as a login has it by /etc/environment. Its URL may have a password. Only uploads use it.
proxy_settings() {
  local proxy
  proxy=$(site_variable "${S3_ENDPOINT%%://*}_proxy")
  [[ -z $proxy ]] || printf 'proxy = "%s"\nnoproxy = "%s"\n' "$proxy" "$(site_variable no_proxy)"
}

site_variable() {
  sed --quiet --regexp-extended "s/^\s*(export\s+)?$1=([\"']?)([^\"']*)\2\s*$/\3/p" /etc/environment 2>/dev/null | tail -n 1
}

# Notes on the host's Node what make health and a preview read.
note_on_node() { kubectl --request-timeout 20s annotate node "$HOST" --overwrite "$@" || true; }

# A failure stays in the file `failed` and on the Node until a backup is complete. bash ends with status 0 here if a signal stopped it.
# shellcheck disable=SC2317 # a trap calls it
finish() {
  local why=''
  [[ -n ${COMPLETE:-} ]] ||
    why="$(date -u +%FT%TZ) at \"${STEP:-start}\": ${REASON:-$(tail -n 1 "$work/output" | cut --characters=-300)}"
  rm -rf "$snapshot" "$snapshot.part" "$FOLDER/.part" "$work"
  if [[ -z $why ]]; then
    rm -f "$home/failed"
  else
    printf '%s\n' "$why" >"$home/failed" || true # the disk may be full
    note_on_node "kubeadm-kafka/backup-failed=$why"
    printf '%s\n' "$why" >&4
  fi
}

# take: writes a backup here.
take() {
  local now file
  rm -f "$newest"
  now=$(date -u +%FT%TZ)
  file=$(file_time "$now")-$HOST.backup
  step "look for room" && refuse_full_disk
  step "take a snapshot of etcd" && take_snapshot_with_keys
  step "collect manifests and records" && collect "$now"
  step "encrypt and sign" && write_backup "$file"
  printf '%s %s\n' "$file" "$now" >"$newest.new" && mv "$newest.new" "$newest"
  step "remove old backups" && prune "$FOLDER" "$file" "$KEEP_COUNT" "$(oldest)"
  note_on_node "kubeadm-kafka/backup=$now" "kubeadm-kafka/backup-due=$(date --utc --date "+$((2 * EVERY_SECONDS)) seconds" +%FT%TZ)"
}

# deliver FILE TIME: brings the newest backup to where it has not arrived yet. If one way fails, the other one is tried all the same.
deliver() {
  local why first='' reasons=''
  if [[ -n $COPY_TO ]] && is_missing "copy it to $COPY_TO"; then
    copy_to "$COPY_TO" "$1"
    note_arrival "kubeadm-kafka/backup-copy=$2 $COPY_TO"
  fi
  if [[ -n $S3_ENDPOINT ]] && is_missing "upload it to $S3_ENDPOINT"; then
    upload "$1"
    note_arrival "kubeadm-kafka/backup-upload=$2"
  fi
  [[ -z $reasons ]] || { STEP=$first && give_up "$reasons"; }
}

# is_missing STEP: begins the step, unless the newest backup has arrived by it.
is_missing() {
  why=''
  ! grep --quiet --line-regexp --fixed-strings -- "$1" "$newest" || return 1
  step "$1"
}

# note_arrival ANNOTATION: notes that the newest backup has arrived by this step, or adds to `reasons` why it has not.
note_arrival() {
  if [[ -z $why ]]; then
    printf '%s\n' "$STEP" >>"$newest"
    note_on_node "$1"
  elif [[ -z $first ]]; then
    first=$STEP reasons=$why
  else
    reasons+="; at \"$STEP\": $why"
  fi
}

# Whether the backup that was written last only has to be delivered: it is from this interval, and still there.
is_written() {
  local file time
  read -r file time <"$newest" && is_sealed "$FOLDER/$file" && (($(date +%s) - $(date --date "$time" +%s) < EVERY_SECONDS))
}

# main [again]: one backup at a time. The folder is the lock.
main() {
  local file time
  exec 8<"$home"
  flock --wait 7200 8
  if [[ ${1:-} == again && ! -s $home/failed ]]; then exit; fi # it has succeeded meanwhile

  work=$home/work # on the disk, since etcd's data may be more than the memory
  rm -rf "$work"
  mkdir -p "$work/backup" "$FOLDER"
  exec 4>&2 >"$work/output" 2>&1
  trap finish EXIT
  trap 'give_up "it was stopped, as systemd does after two hours"' TERM
  if [[ ${1:-} != again ]] || ! is_written; then take; fi
  read -r file time <"$newest"
  deliver "$file" "$time"
  note_on_node kubeadm-kafka/backup-failed-
  COMPLETE=yes
  exit # backups.sh may have rewritten this file, and bash would read on
}

# shellcheck source=/dev/null
. "$home/settings"
main "$@"
