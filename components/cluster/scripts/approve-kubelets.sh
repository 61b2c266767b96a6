#!/usr/bin/env bash
# Approves kubelets' requests for serving certificates, which Kubernetes then signs. A service on each control plane runs it all the
# time. A request is approved if a node of the cluster makes it for itself, and for no other name and address than its host has in the
# config. Other requests stay as they are: a person, or another program, may approve or deny them.
# Follows addresses.sh and client-certificate.sh.
# shellcheck disable=SC2154 # `addresses` is in addresses.sh

signer=kubernetes.io/kubelet-serving
approver=kubeadm-kafka:approver # has the rights that certificates.sh gives to this user
declare -A refused=()           # why requests weren't approved, by name

# Logs in by a certificate that lives a little longer than it is used, so that none is kept on the disk.
log_in() {
  sign_client "$SCRATCH/approver.conf.new" "$approver" 2h
  mv "$SCRATCH/approver.conf.new" "$SCRATCH/approver.conf"
}

# Looks at all requests, and at new ones for a minute. What is not approved is looked at again in the next minute: the list of
# addresses may be late.
watch_requests() {
  local name
  {
    timeout 60 kubectl get certificatesigningrequests --field-selector "spec.signerName=$signer" --watch --output name ||
      (($? == 124)) # the minute is over
  } | while read -r name; do decide "${name##*/}"; done
}

# decide NAME: a failure to read or approve a request is one of the moment, and isn't remembered.
decide() {
  local text fields wrong
  text=$(kubectl get certificatesigningrequest "$1" --ignore-not-found --output "go-template=$request_fields") || return 0
  mapfile -t fields <<<"$text"
  # A request with conditions was approved or denied, and one without fields is gone.
  [[ -z ${fields[0]} && ${#fields[@]} -gt 1 ]] || return 0
  listed=$(kubectl get configmap "$addresses" --namespace kube-system --ignore-not-found --output "go-template=$list_lines") || return 0
  wrong=$(mistake_in "${fields[@]}") || return 0
  if [[ -z $wrong ]]; then
    kubectl certificate approve "$1" || true
  elif [[ ${refused[$1]:-} != "$wrong" ]]; then
    refused[$1]=$wrong
    echo "$1 was not approved: $wrong"
  fi
}

# Lines: conditions, signer, user, its groups, usages in order, request in base64.
# shellcheck disable=SC2016 # a template's variables, not the shell's
request_fields='{{range .status.conditions}}{{.type}} {{end}}
{{.spec.signerName}}
{{.spec.username}}
{{range .spec.groups}}{{.}},{{end}}
{{range .spec.usages}}{{.}},{{end}}
{{.spec.request}}'
# shellcheck disable=SC2016
list_lines='{{range $name, $address := .data}}{{$name}}={{$address}}{{"\n"}}{{end}}'

# mistake_in CONDITIONS SIGNER USER GROUPS USAGES REQUEST: prints why a request is not approved; nothing where it is right.
mistake_in() {
  local node=${3#system:node:} address usages
  usages=$(tr ',' '\n' <<<"$5" | sed '/^$/d' | sort | paste --serial --delimiters=,)
  address=$(awk -F '=' -v name="${node//[^-.a-z0-9]/?}" '$1 == name {print $2}' <<<"$listed")
  if (($# != 6)) || [[ $2 != "$signer" ]]; then
    echo "it is not a request to $signer"
  elif [[ $3 != system:node:* || ,$4 != *,system:nodes,* ]]; then
    echo "$3 is not a node"
  elif [[ $usages != "digital signature,server auth" && $usages != "digital signature,key encipherment,server auth" ]]; then
    echo "it is for $usages"
  elif [[ -z $address ]]; then
    echo "the config has no host $node"
  elif ! is_plain "$6"; then
    echo "openssl would write its text in another way"
  else
    mistake_in_text "$node" "$address"
  fi
}

# is_plain REQUEST: openssl and the signer could find different requests in one text, since Go skips PEM blocks that openssl accepts. So
# the text must be one that openssl itself writes. Leaves it in $SCRATCH/request.
is_plain() {
  local file=$SCRATCH/request
  base64 --decode <<<"$1" >"$file" && openssl req -in "$file" -out "$file.same" && cmp --quiet "$file" "$file.same"
}

# mistake_in_text NODE ADDRESS
mistake_in_text() {
  local subject="CN=system:node:$1,O=system:nodes" names="DNS:$1, IP Address:$2" text found
  text=$(openssl req -in "$SCRATCH/request" -noout -text -nameopt RFC2253 | tr --squeeze-repeats '[:space:]' ' ')
  found=${text#*Attributes:}
  found=${found%%Signature Algorithm:*}
  if [[ $text != *" Subject: $subject Subject Public Key Info: "* ]]; then
    echo "it is not for $subject alone"
  elif [[ $found != " Requested Extensions: X509v3 Subject Alternative Name: $names " ]]; then
    echo "it is not for $names alone, but for:$found"
  fi
}

begin_without_lock
exec >&4 2>&1 # systemd's journal
trap 'exit 0' TERM
shopt -s lastpipe # `refused` is this shell's
while true; do
  log_in
  export KUBECONFIG=$SCRATCH/approver.conf
  until=$((SECONDS + 3600))
  while ((SECONDS < until)); do
    wait_for_api 2>/dev/null # a line each second would fill the journal
    watch_requests
  done
done
