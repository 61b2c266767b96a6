# shellcheck shell=bash
# Writes the files that the API server of a control plane reads at its start. kubeadmConfig.ts names them in its settings.
# Inputs: AUDIT_POLICY (empty where requests aren't logged) AUTHENTICATION ADMISSION

api_server_files=/etc/kubernetes/kubeadm-kafka
audit_folder=/var/log/kubeadm-kafka-audit

# write_api_server_files put|write: `put` records them for drift.sh.
write_api_server_files() {
  "$1" "$api_server_files/authentication.yaml" <<<"$AUTHENTICATION"
  "$1" "$api_server_files/admission.yaml" <<<"$ADMISSION"
  if [[ -n $AUDIT_POLICY ]]; then
    "$1" "$api_server_files/audit-policy.yaml" <<<"$AUDIT_POLICY"
    # The log says who does what, and names all Secrets.
    [[ -d $audit_folder ]] || install --directory --mode=700 "$audit_folder"
  else
    rm -f "$api_server_files/audit-policy.yaml"
  fi
}
