/** Settings of a topic that name its throttled replicas, for as long as they move: on leaders, and on followers. */
export const THROTTLES = ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"] as const;
