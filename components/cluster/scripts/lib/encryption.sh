# shellcheck shell=bash
# Changes how API servers store Secrets in etcd, in three passes over all control planes: after key-add.sh every API server can read
# by the new key, after key-use.sh each writes by it, and key-drop.sh stores all Secrets anew and takes the old key away. A pass
# begins when the one before has ended on all control planes, so that no API server meets a key that it doesn't have.
# The Secret kubeadm-kafka-encryption has the EncryptionConfiguration that each control plane should have now, a joining one too.
# A pass changes that Secret first, unless an interrupted run has, and then this host's file. The API server reloads the file within
# a minute, and its metrics say which file it has loaded.
# Follows etcd.sh. Needs an administrator's KUBECONFIG.
# https://github.com/kubernetes/kubernetes/blob/v1.34.4/staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig
# Inputs: ADDRESS PROVIDER (secretbox, kms, or identity, which encrypts nothing) KEY_GENERATION (number of the key) KMS_SOCKET
# KMS_TIMEOUT (of the plug-in; empty where there is none)
# shellcheck disable=SC2154 # `encryption_config` is in lib.sh

key_secret=(kubeadm-kafka-encryption --namespace kube-system)

# encryption_text PROVIDER…: prints an EncryptionConfiguration. The API server writes by the first provider, and reads by all.
encryption_text() {
  cat <<-CONFIG
	apiVersion: apiserver.config.k8s.io/v1
	kind: EncryptionConfiguration
	resources:
	  - resources: [secrets]
	    providers:
	CONFIG
  printf '      - %s\n' "$@"
}

# write_first_config PROVIDER…: writes this host's file, before its API server reads it.
write_first_config() {
  install -d "${encryption_config%/*}"
  install -m 600 /dev/null "$encryption_config"
  encryption_text "$@" >"$encryption_config"
}

# new_key NAME: prints a provider with a new key.
new_key() { printf 'secretbox: {keys: [{name: "%s", secret: %s}]}\n' "$1" "$(head --bytes=32 /dev/urandom | base64 --wrap=0)"; }

# Prints the plug-in as a provider. Its name has the key's number: the API server stores a Secret anew only by another provider.
plugin() {
  echo "kms: {apiVersion: v2, name: kubeadm-kafka-$KEY_GENERATION, endpoint: \"unix://$KMS_SOCKET\", timeout: $KMS_TIMEOUT}"
}

# Prints the provider that all Secrets should be stored by, as an id: the beginning of the values that the provider writes to etcd,
# or `identity`.
wanted() {
  case $PROVIDER in
  secretbox) echo "k8s:enc:secretbox:v1:$KEY_GENERATION" ;;
  kms) echo "k8s:enc:kms:v2:kubeadm-kafka-$KEY_GENERATION" ;;
  identity) echo identity ;;
  esac
}

# providers FILE: prints the providers of an EncryptionConfiguration, a line each.
providers() { sed --quiet 's/^      - //p' "$1"; }

# ids FILE: prints the providers' ids.
ids() { providers "$1" | id_of_each; }

id_of_each() {
  sed --regexp-extended 's/^secretbox: .*name: "([0-9]+)".*/k8s:enc:secretbox:v1:\1/
    s/^kms: .*name: ([^,]+),.*/k8s:enc:kms:v2:\1/
    s/^identity: .*/identity/'
}

# has_our_form FILE: whether encryption_text has written an EncryptionConfiguration. Other programs' are neither read nor replaced.
has_our_form() {
  local each
  mapfile -t each < <(providers "$1")
  encryption_text "${each[@]}" | cmp --quiet - "$1" &&
    ! ids "$1" | grep --quiet --invert-match --line-regexp --extended-regexp 'k8s:enc:(secretbox:v1:|kms:v2:kubeadm-kafka-)[0-9]+|identity'
}

# Reads the control planes' EncryptionConfiguration to $SCRATCH/shared. A cluster that was made without encryption has none yet.
read_shared() {
  local shared=$SCRATCH/shared
  kubectl get secret "${key_secret[@]}" --ignore-not-found --output go-template='{{.data.config | base64decode}}' >"$shared"
  if [[ -s $shared ]]; then
    has_our_form "$shared" || refuse KK973 "the Secret kube-system/${key_secret[0]} has no EncryptionConfiguration in this program's form. Put \
back what it had, from $encryption_config of a control plane or from a backup. No key was changed"
  elif [[ -e $encryption_config ]]; then
    has_our_form "$encryption_config" || refuse KK973 "$encryption_config on this host is not in this program's form, and the cluster has \
no Secret kube-system/${key_secret[0]}, which should have the same. No key was changed"
    share "$(<"$encryption_config")"
  else
    share "$(encryption_text 'identity: {}')"
  fi
}

# share TEXT: makes an EncryptionConfiguration the control planes'.
share() {
  printf '%s\n' "$1" >"$SCRATCH/shared.new"
  kubectl create secret generic "${key_secret[@]}" --from-file="config=$SCRATCH/shared.new" --dry-run=client --output json |
    kubectl apply --server-side --force-conflicts --field-manager kubeadm-kafka --filename -
  mv "$SCRATCH/shared.new" "$SCRATCH/shared"
}

# Replaces this host's file by the control planes', and waits until the API server has loaded it.
give_to_api_server() {
  if ! cmp --quiet "$SCRATCH/shared" "$encryption_config"; then
    [[ ! -e $encryption_config ]] || refuse_to_lose_a_key
    install -m 600 "$SCRATCH/shared" "$encryption_config.new"
    mv "$encryption_config.new" "$encryption_config"
  fi
  wait_until_loaded "$HOST" "$ADDRESS"
}

# Refuses to take a provider from this host that the API server still writes by, or that Secrets are stored by: somebody has edited
# the file or the Secret.
refuse_to_lose_a_key() {
  local provider id all shared writes=yes
  has_our_form "$encryption_config" || refuse_to_replace "it is not in this program's form"
  all=$(stored)
  shared=$'\n'$(providers "$SCRATCH/shared")$'\n'
  while read -r provider; do
    if [[ $shared != *$'\n'"$provider"$'\n'* ]]; then
      id=$(id_of_each <<<"$provider")
      [[ -z $writes ]] || refuse_to_replace "its first key, $id, is not there, and the API server writes by it"
      ! grep --quiet " $id$" <<<"$all" || refuse_to_replace "its key $id is not there, and Secrets are stored by it"
    fi
    writes=
  done < <(providers "$encryption_config")
}

# refuse_to_replace WHY
refuse_to_replace() {
  refuse KK973 "$encryption_config on this host can't become what the Secret kube-system/${key_secret[0]} has: $1. Somebody has edited \
one of them: give the Secret's \`config\` all keys that are in use. The file was left as it is"
}

# Waits until all control planes have loaded what they share.
wait_for_all() {
  local all name address
  all=$(kubectl get nodes --selector node-role.kubernetes.io/control-plane --output jsonpath="$node_addresses")
  while read -r name address; do wait_until_loaded "$name" "$address"; done <<<"$all"
}

node_addresses='{range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}'

# wait_until_loaded NAME ADDRESS: waits until a control plane's API server has loaded what they share.
wait_until_loaded() {
  local hash deadline=$((SECONDS + 180))
  hash=$(sha256sum <"$SCRATCH/shared" | cut --delimiter=' ' --fields=1)
  until [[ $(loaded_by "$2") == "$hash" ]]; do
    ((SECONDS < deadline)) ||
      refuse KK972 "the API server of $1, at $2, has not loaded the present $encryption_config within three minutes, so the next step \
would be unsafe. kubectl logs kube-apiserver-$1 --namespace kube-system | grep 'encryption config' says why; then run up again"
    sleep 2
  done
}

# loaded_by ADDRESS: prints the checksum of the EncryptionConfiguration that an API server has loaded; nothing if it doesn't answer.
loaded_by() {
  kubectl --server "https://$1:6443" --request-timeout 10s get --raw /metrics </dev/null |
    sed --quiet 's/^apiserver_encryption_config_controller_last_config_info{.*,hash="sha256:\([0-9a-f]*\)".*/\1/p' || true
}

# Prints NAMESPACE/NAME of each Secret in etcd, and the id of the provider that it is stored by. The values stay in the pipe.
stored() {
  etcdctl "$HOST" get /registry/secrets/ --prefix --write-out fields | awk -F ' : ' '
    $1 == "\"Key\"" {split($2, path, "/"); secret = path[4] "/" path[5]; sub(/"$/, "", secret)}
    $1 == "\"Value\"" {
      id = "identity"
      if (match($2, /^"k8s:enc:[a-z0-9]+:v[0-9]+:[^:]+:/)) id = substr($2, 2, RLENGTH - 2)
      print secret, id
    }'
}

# Prints NAMESPACE/NAME of each Secret that isn't stored as wanted.
stored_otherwise() { stored | awk -v wanted="$(wanted)" '$2 != wanted {print $1}'; }
