/** Label of a Job that says which program it runs. */
export const PROGRAM_LABEL = "kubeadm-kafka/program";
