# shellcheck shell=bash
# The commands that a person would type on each host, to make a cluster by hand or to add a host to one. The hosts are containers,
# whose machine may have cgroup 1: kubeadm's check SystemVerification refuses that from 1.35 on.
#   MASTER          address of the control plane; hosts are reached as root with the key in the file KEY
#   ENDPOINT        name of the API server
#   MIRROR MIRROR_KEY VERSION  see by-hand.sh
#   LOGS            folder for the commands' output

on() {
  ssh -i "$KEY" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$1" bash -euo pipefail -s
}

# prepare ADDRESS NAME
prepare() {
  on "$1" <<HOST >/dev/null 2>"$LOGS/prepare-$2.log"
printf '%s\n' overlay br_netfilter >/etc/modules-load.d/k8s.conf
printf '%s\n' net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 >/etc/sysctl.d/k8s.conf
sysctl --quiet --load /etc/sysctl.d/k8s.conf
echo "$1 $2" >>/etc/hosts
echo "$MASTER $ENDPOINT" >>/etc/hosts
/usr/lib/apt/apt-helper download-file $MIRROR/apt/key.asc /etc/apt/keyrings/k8s.asc
echo "deb [signed-by=/etc/apt/keyrings/k8s.asc,$MIRROR_KEY] $MIRROR/apt/ ./" >/etc/apt/sources.list.d/k8s.list
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
  containerd conntrack cri-tools ethtool socat kubelet=$VERSION-* kubeadm=$VERSION-* kubectl=$VERSION-*
apt-mark hold kubelet kubeadm kubectl
cat >/etc/containerd/config.toml <<TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "\$(kubeadm config images list --kubernetes-version v$VERSION | grep /pause:)"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
TOML
for registry in docker.io quay.io registry.k8s.io; do
  mkdir -p /etc/containerd/certs.d/\$registry
  printf '%s\n' "[host.\"$MIRROR/v2/\$registry\"]" 'capabilities = ["pull", "resolve"]' 'override_path = true' >/etc/containerd/certs.d/\$registry/hosts.toml
done
systemctl restart containerd
ip -4 route show default | awk '{print "nameserver " \$3}' >/etc/kubernetes/resolv.conf
mkdir -p /etc/kubernetes/patches
cat >/etc/kubernetes/patches/kubeletconfiguration+merge.json <<JSON
{
  "failSwapOn": false,
  "failCgroupV1": false,
  "resolvConf": "/etc/kubernetes/resolv.conf",
  "evictionHard": {"memory.available": "100Mi", "nodefs.available": "200Mi", "imagefs.available": "200Mi"},
  "imageGCHighThresholdPercent": 100
}
JSON
cat >/etc/kubernetes/kubeadm.yaml <<YAML
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: $2, taints: [], ignorePreflightErrors: [SystemVerification]}
localAPIEndpoint: {advertiseAddress: $1}
patches: {directory: /etc/kubernetes/patches}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v$VERSION
controlPlaneEndpoint: $ENDPOINT:6443
apiServer: {certSANs: [$MASTER]}
networking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/12}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: {maxPerCore: 0}
YAML
HOST
}

# join ADDRESS: runs the command that the control plane prints, with the settings of this host's kubelet.
join() {
  on "$MASTER" <<<"kubeadm token create --print-join-command" |
    sed 's|$| --patches /etc/kubernetes/patches --ignore-preflight-errors SystemVerification|' |
    on "$1" >"$LOGS/join.log" 2>&1
}
