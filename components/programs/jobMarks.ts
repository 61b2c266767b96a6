/** Label of a Job and of its pod: the program that it runs. It is the same for each run. Network policies go by it. */
export const PROGRAM_LABEL = "kubeadm-kafka/program";
/** Label of a Job: Jobs with the same value may run at the same time. */
export const BESIDE_LABEL = "kubeadm-kafka/beside";
/**
 * Label of a suspended CronJob, with the value "true": a gate. Before a host is taken out, and after it is back, a Job
 * made from it has to succeed. The Job gets the host's name in NODE, and "before" or "after" in MOMENT.
 */
export const GATE_LABEL = "kubeadm-kafka/gate";
/** Annotation of a Job's pod: the drift that made the Job run again, though the config hadn't changed. */
export const DRIFT_ANNOTATION = "kubeadm-kafka/drift";
/** Annotation of a Job: the report, which the Job's pod writes. */
export const REPORT_ANNOTATION = "kubeadm-kafka/report";
