# shellcheck shell=bash
# Asks whatever must not be interrupted before a node goes down, and after it is back. A gate is a suspended CronJob with the label
# kubeadm-kafka/gate=true in any namespace: a Job is made from it, with NODE and MOMENT (before or after) in the environment of its
# first container. The Job completes once NODE may go on, and fails if it may not; it ends itself if it waits in vain. Needs an
# administrator's KUBECONFIG.

# shellcheck disable=SC2016 # a template's variables, not the shell's
kafka_namespaces='{{range .items}}{{$namespace := .metadata.namespace}}{{with .metadata.annotations}}
{{- if index . "kubeadm-kafka/version"}}{{$namespace}}{{"\n"}}{{end}}{{end}}{{end}}'

# pass_gates NODE before|after: if nothing has a gate, there is nothing to ask.
pass_gates() {
  local gates namespace gate
  gates=$(kubectl get cronjobs --all-namespaces --selector kubeadm-kafka/gate=true --output \
    go-template='{{range .items}}{{.metadata.namespace}} {{.metadata.name}}{{"\n"}}{{end}}')
  [[ $2 == after ]] || refuse_without_gate "$gates"
  while read -r namespace gate; do
    [[ -z $gate ]] || pass_gate "$namespace" "$gate" "$1" "$2"
  done <<<"$gates"
}

# refuse_without_gate GATES: releases before gates declared none for their Kafka, which a drain would interrupt unasked.
refuse_without_gate() {
  local namespaces namespace
  namespaces=$(kubectl get statefulsets --all-namespaces --output go-template="$kafka_namespaces")
  while read -r namespace; do
    [[ -z $namespace ]] || grep --quiet "^$namespace " <<<"$1" ||
      refuse KK924 "is left as it is, since Kafka in the namespace $namespace has no gate yet, which says when its pods \
may stop: set kubernetes.version, hosts.reboot and hosts.updates back, run up, and change them then"
  done <<<"$namespaces"
}

# pass_gate NAMESPACE GATE NODE MOMENT: the Job's name is always the same, so that the Job of an interrupted run is found and removed.
pass_gate() {
  local namespace=$1 gate=$2 node=$3 moment=$4 job=$2-$4 container state said
  step "wait at the gate $namespace/$gate, $moment $node"
  forget_job "$namespace" "$job"
  container=$(kubectl get cronjob "$gate" --namespace "$namespace" --output \
    jsonpath='{.spec.jobTemplate.spec.template.spec.containers[0].name}')
  kubectl create job "$job" --namespace "$namespace" --from "cronjob/$gate" --dry-run=client --output json |
    kubectl set env --local --filename - --containers "$container" --output json "NODE=$node" "MOMENT=$moment" |
    kubectl create --filename -
  until state=$(end_of_job "$namespace" "$job") && [[ -n $state ]]; do sleep 1; done
  said=$(kubectl logs "job/$job" --namespace "$namespace" --container "$container" --tail 20) || true
  printf '%s\n' "$said"
  [[ $state == Complete ]] ||
    refuse KK912 "the gate $namespace/$gate does not let $node go on ($moment it goes down); the pods of job $job there say more:
$said"
  kubectl delete job "$job" --namespace "$namespace" --ignore-not-found --wait=false
}

# forget_job NAMESPACE JOB: deletes the Job of an interrupted run. Two gates must not let nodes go at a time, so this waits until the
# former one runs no more. A pod that only its finalizer or a dead kubelet keeps is none that runs, and would never be gone.
forget_job() {
  local left deadline=$((SECONDS + 180))
  kubectl delete job "$2" --namespace "$1" --ignore-not-found --wait=false
  until left=$(rest_of_job "$1" "$2") && [[ -z $left ]]; do
    ((SECONDS < deadline)) ||
      refuse KK990 "is left as it is, since ${left:-job/$2} in the namespace $1, of an interrupted run, was deleted and doesn't go within \
three minutes: see its metadata.finalizers, or kubectl describe; then run up again"
    sleep 1
  done
}

# rest_of_job NAMESPACE JOB: prints the Job, if it exists, and its pods that run.
rest_of_job() {
  kubectl get job "$2" --namespace "$1" --ignore-not-found --output name &&
    kubectl get pods --namespace "$1" --selector "batch.kubernetes.io/job-name=$2" --output "go-template=$ready_pods"
}

# Pods of a node that isn't Ready aren't either.
# shellcheck disable=SC2016 # a template's variables, not the shell's
ready_pods='{{range .items}}{{$pod := .metadata.name}}{{range .status.conditions}}
{{- if and (eq .type "Ready") (eq .status "True")}}pod/{{$pod}}{{"\n"}}{{end}}{{end}}{{end}}'

# end_of_job NAMESPACE JOB: prints Complete or Failed; nothing while it runs. A Job that somebody has deleted is an error.
end_of_job() {
  local conditions
  conditions=$(kubectl get job "$2" --namespace "$1" --output jsonpath='{.status.conditions[?(@.status=="True")].type}' \
    2>"$SCRATCH/job") || {
    cat "$SCRATCH/job"
    ! grep --quiet NotFound "$SCRATCH/job" || echo Failed
    return 0
  }
  if [[ " $conditions " == *" Complete "* ]]; then echo Complete; elif [[ " $conditions " == *" Failed "* ]]; then echo Failed; fi
}
