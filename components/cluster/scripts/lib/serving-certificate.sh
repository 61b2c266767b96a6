# shellcheck shell=bash
# The certificate by which the API server knows this host's kubelet, and how kubelets' certificates are watched. The kubelet asks for
# it, and approve-kubelets.sh approves it on the control planes.

serving_certificate=/var/lib/kubelet/pki/kubelet-server-current.pem

# Whether the kubelet asks the cluster for its certificate. An older one signs it itself, until it gets the cluster's settings.
asks_for_certificate() { grep --quiet '^serverTLSBootstrap: true$' /var/lib/kubelet/config.yaml; }

# Without the certificate the kubelet answers nobody: no logs, no exec.
wait_for_serving_certificate() {
  local deadline=$((SECONDS + 180))
  asks_for_certificate || return 0
  until has_serving_certificate; do
    ((SECONDS < deadline)) ||
      refuse KK947 "the kubelet has asked for a serving certificate and got none within three minutes, so logs, exec and \
port-forward don't work on this node; journalctl --unit kubeadm-kafka-approval on a control plane says why"
    sleep 0.5
  done
}

# Whether there is one for the host's present address that hasn't ended.
has_serving_certificate() {
  openssl x509 -in "$serving_certificate" -noout -checkend 1 &&
    [[ $(openssl x509 -in "$serving_certificate" -noout -checkip "$(node_address)") == *"does match"* ]]
}

# Prints a sentence for each certificate that this kubelet should have renewed, which it does when 70 to 90 % of the validity are over.
late_kubelet_certificates() {
  local name file start end
  for name in client server; do
    file=/var/lib/kubelet/pki/kubelet-$name-current.pem
    [[ -e $file ]] || continue
    start=$(date --date "$(openssl x509 -in "$file" -noout -startdate | cut --delimiter='=' --fields=2)" +%s)
    end=$(date --date "$(openssl x509 -in "$file" -noout -enddate | cut --delimiter='=' --fields=2)" +%s)
    (((end - $(date +%s)) * 20 >= end - start)) ||
      echo "the kubelet has not renewed its $name certificate, which ends $(date -u --date "@$end" +%FT%TZ)"
  done
}
