# shellcheck shell=bash
# Writes the files that the API server of a control plane reads at its start. kubeadmConfig.ts names them in its settings.
# Inputs: AUDIT_POLICY (empty where requests aren't logged) AUTHENTICATION ADMISSION
# shellcheck disable=SC2034,SC2154 # scripts use `edited`; `changed` is set by write, in lib.sh

api_server_files=/etc/kubernetes/kubeadm-kafka
audit_folder=/var/log/kubeadm-kafka-audit

# write_api_server_files put|write: `put` records them for drift.sh. Sets `edited` if one of them was different.
write_api_server_files() {
  edited=
  "$1" "$api_server_files/authentication.yaml" <<<"$AUTHENTICATION"
  edited+=$changed
  "$1" "$api_server_files/admission.yaml" <<<"$ADMISSION"
  edited+=$changed
  if [[ -n $AUDIT_POLICY ]]; then
    "$1" "$api_server_files/audit-policy.yaml" <<<"$AUDIT_POLICY"
    edited+=$changed
    # The log says who does what, and names all Secrets.
    [[ -d $audit_folder ]] || install --directory --mode=700 "$audit_folder"
  else
    rm -f "$api_server_files/audit-policy.yaml"
  fi
}
