/** Topic settings that list the throttled replicas of leaders and of followers, set while replicas move. @see KIP-73 */
export const THROTTLES = ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"] as const;
