/** Memory in MiB that a host must have: what kubeadm asks of a control plane, and this program of every host. */
export const LEAST_MEMORY_MIB = 1700;
