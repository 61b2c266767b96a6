/**
 * What a stand-in for kubectl does with the Lease of control planes' turns (lib/turn.sh). The Lease is the file `lease`: a version, its
 * holder, when that has renewed it, and for how many seconds. The file `turns` has what becomes of it, a line each.
 */
export const KUBECTL_WITH_TURNS = `
case "$*" in
"get lease kubeadm-kafka-certificates "*resourceVersion*) cat "$DIR/lease" 2>/dev/null || true; exit ;;
"get lease kubeadm-kafka-certificates "*) cut --delimiter=' ' --fields=2 "$DIR/lease" 2>/dev/null || true; exit ;;
"delete lease kubeadm-kafka-certificates "*) rm "$DIR/lease" && echo end >>"$DIR/turns"; exit ;;
"create --filename -" | "replace --filename -")
  object=$(cat)
  if [[ $object =~ 'kind: Lease'.*'holderIdentity: "'([^\\"]*)'", leaseDurationSeconds: '([0-9]*)', renewTime: "'([^\\"]*)'"' ]]; then
    [[ $1 == replace || ! -e $DIR/lease ]] || exit 1
    echo "8 \${BASH_REMATCH[1]} \${BASH_REMATCH[3]} \${BASH_REMATCH[2]}" >"$DIR/lease"
    echo "$1 \${BASH_REMATCH[1]} \${BASH_REMATCH[2]}" >>"$DIR/turns"
    exit
  fi
  exec {standin}< <(printf '%s\\n' "$object")
  exec <&"$standin"
  ;;
esac
`;
