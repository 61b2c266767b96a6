/** Label of a Job that says which program it runs. */
export const PROGRAM_LABEL = "kubeadm-kafka/program";
/** Label of Jobs that may run beside each other: it has the same value. */
export const BESIDE_LABEL = "kubeadm-kafka/beside";
/** Annotation of a Job's pod that says what made it run again, though nothing was changed in the config. */
export const DRIFT_ANNOTATION = "kubeadm-kafka/drift";
/** Annotation of a Job in which its pod leaves the report. */
export const REPORT_ANNOTATION = "kubeadm-kafka/report";
