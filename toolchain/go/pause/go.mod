module kubeadm-kafka/toolchain/pause

go 1.25.0
