#!/usr/bin/env bash
# Gives a node the labels and taints of the config, and removes those that an earlier config gave it. All others stay. When its
# resource is deleted, it removes all of them. Runs on a control plane, whether or not the node's own host (HOST) can be reached.
# Inputs: LABELS (KEY=VALUE, a line each) TAINTS (KEY=VALUE:EFFECT, a line each)

# shellcheck disable=SC2016 # a template's variables, not the shell's
label_keys='{{range $key, $value := .metadata.labels}}{{$key}}{{"\n"}}{{end}}'
taint_keys='{{range .spec.taints}}{{.key}}:{{.effect}}{{"\n"}}{{end}}'

keys_of() { kubectl get node "$HOST" --output "go-template=$1"; }

# change label|taint WANTED HAS: the node has the keys HAS, a line each: KEY for a label, KEY:EFFECT for a taint. An annotation of
# the node lists those from the config. It is written first, so that an interrupted run can be cleaned up.
change() {
  local kind=$1 wanted=$2 has=$3 note=kubeadm-kafka/$1s noted names changes
  noted=$(kubectl get node "$HOST" --output "jsonpath={.metadata.annotations['$note']}")
  names=$(lines "$wanted" | sed 's/=[^:]*//')
  kubectl annotate node "$HOST" --overwrite "$note=$(lines "$noted" "$names")"
  mapfile -t changes < <(
    lines "$wanted"
    comm -12 <(lines "$noted") <(lines "$has") | comm -23 - <(lines "$names") | sed 's/$/-/'
  )
  ((${#changes[@]} == 0)) || kubectl "$kind" node "$HOST" --overwrite "${changes[@]}"
  if [[ -n $names ]]; then
    kubectl annotate node "$HOST" --overwrite "$note=$(lines "$names")"
  else
    kubectl annotate node "$HOST" "$note-"
  fi
}

# lines TEXT…: in order, each once, none of them empty.
lines() { printf '%s\n' "$@" | sed '/^$/d' | sort --unique; }

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
[[ $1 == create ]] || LABELS='' TAINTS=''

step "wait for the API server" && wait_for_api
node=$(kubectl get node "$HOST" --ignore-not-found --output name)
if [[ $1 == create || -n $node ]]; then
  step "label the node"
  keys=$(keys_of "$label_keys") # a command of its own: where the API server doesn't say, nothing goes on
  change label "$LABELS" "$keys"
  step "taint the node"
  keys=$(keys_of "$taint_keys")
  change taint "$TAINTS" "$keys"
fi
