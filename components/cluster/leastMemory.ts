/**
 * Memory in MiB that every host must have. kubeadm requires as much of a control plane.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/constants/constants.go ControlPlaneMem
 */
export const LEAST_MEMORY_MIB = 1700;
