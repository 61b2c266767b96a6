#!/usr/bin/env bash
# Approves kubelets' requests for serving certificates, which Kubernetes then signs. A service on each control plane runs it all the
# time. A request is approved if a node of the cluster makes it for itself, and for no other name and address than its host has in the
# config. Other requests stay as they are: a person, or another program, may approve or deny them.
# Follows addresses.sh, client-certificate.sh and node-request.sh.
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

# decide NAME: a failure to read or approve a request is one of the moment, and isn't remembered. Kubelets' requests have plain names;
# another one could be an option of kubectl's.
decide() {
  local text fields wrong
  [[ $1 =~ ^[a-z0-9][-.a-z0-9]*$ ]] || return 0
  text=$(kubectl get certificatesigningrequest "$1" --ignore-not-found --output "go-template=$request_fields") || return 0
  mapfile -t fields <<<"$text"
  # A request with conditions was approved or denied, and one without fields is gone.
  [[ -z ${fields[0]} && ${#fields[@]} -gt 1 ]] || return 0
  listed=$(kubectl get configmap "$addresses" --namespace kube-system --ignore-not-found --output "go-template=$list_lines") || return 0
  wrong=$(mistake_in "${fields[@]}") || return 0
  if [[ -z $wrong ]]; then
    approve_request "$1" "${fields[1]}" || true
  elif [[ ${refused[$1]:-} != "$wrong" ]]; then
    refused[$1]=$wrong
    echo "$1 was not approved: $wrong"
  fi
}

# Lines: conditions, UID, signer, user, its groups, usages, request in base64. A comma can't be in a usage, but in a group.
# shellcheck disable=SC2016 # a template's variables, not the shell's
request_fields='{{range .status.conditions}}{{.type}} {{end}}
{{.metadata.uid}}
{{.spec.signerName}}
{{.spec.username}}
{{range .spec.groups}}{{printf "%q" .}} {{end}}
{{range .spec.usages}}{{.}},{{end}}
{{.spec.request}}'
# shellcheck disable=SC2016
list_lines='{{range $name, $address := .data}}{{$name}}={{$address}}{{"\n"}}{{end}}'

# mistake_in CONDITIONS UID SIGNER USER GROUPS USAGES REQUEST: prints why a request is not approved; nothing where it is right.
mistake_in() {
  local node=${4#system:node:} address usages
  usages=$(tr ',' '\n' <<<"$6" | sed '/^$/d' | sort | paste --serial --delimiters=,)
  address=$(awk -F '=' -v name="${node//[^-.a-z0-9]/?}" '$1 == name {print $2}' <<<"$listed")
  if (($# != 7)) || [[ $3 != "$signer" ]]; then
    echo "it is not a request to $signer"
  elif [[ $4 != system:node:* || " $5" != *' "system:nodes" '* ]]; then
    echo "$4 is not a node"
  elif [[ $usages != "digital signature,server auth" && $usages != "digital signature,key encipherment,server auth" ]]; then
    echo "it is for $usages"
  elif [[ -z $address ]]; then
    echo "the config has no host $node"
  else
    mistake_in_text "$node" "$address" "$7"
  fi
}

# mistake_in_text NODE ADDRESS REQUEST
mistake_in_text() {
  local file=$SCRATCH/request
  base64 --decode <<<"$3" >"$file"
  is_request_of "$1" "$file" "$2" || echo "it is not for CN=system:node:$1,O=system:nodes with DNS:$1, IP Address:$2 alone, or not in the \
form in which a kubelet asks for that. By openssl's reading it is for: $(described "$file")"
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
