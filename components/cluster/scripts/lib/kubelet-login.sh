# shellcheck shell=bash
# The certificate by which this host's kubelet logs in to the API server. A kubelet renews it in time, but starts no more once it has
# ended, as on a machine that was off for long: what it joined by is gone.
# https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/certificate/bootstrap/bootstrap.go (LoadClientConfig)

kubelet_login=/var/lib/kubelet/pki/kubelet-client-current.pem

# Whether the kubelet can log in. A kubeconfig that names another file is somebody's own.
has_login() {
  ! grep --quiet --fixed-strings "$kubelet_login" /etc/kubernetes/kubelet.conf ||
    openssl x509 -in "$kubelet_login" -noout -checkend 1
}

# Replaces the certificate and its key by those on stdin, as the kubelet does.
replace_login() {
  local file
  file=${kubelet_login/current/$(date -u +%F-%H-%M-%S)}
  (umask 077 && cat >"$file")
  ln --symbolic --force "$file" "$kubelet_login.new"
  mv --no-target-directory "$kubelet_login.new" "$kubelet_login"
  systemctl restart kubelet
}
