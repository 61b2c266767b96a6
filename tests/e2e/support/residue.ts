/** Changes by a restart of the machine. */
const afterRestart = [
  /^[+-] folder \/var\/tmp\/systemd-private-/,
  // Docker's resolver listens on other ports after each start.
  /^[+-] iptables -A DOCKER_(OUTPUT|POSTROUTING) /,
];

/** Expected differences between a host before `up` and after `destroy`, with the reason. All others are residue and fail the run. */
export const residue = {
  always: [
    // systemd and sshd write logs and state while a host runs.
    /^[+-] file \/var\/log\/(journal|lastlog|wtmp|btmp|faillog|tallylog)/,
    /^[+-] (file|folder) \/var\/log\/journal\//,
    /^[+-] (file|folder) \/var\/lib\/systemd\//,
    /^[+-] file \/etc\/(machine-id|resolv\.conf|hostname|hosts|\.updated) /,
    /^[+-] file \/var\/\.updated /,
    // dpkg-db-backup.timer copies dpkg's records at midnight.
    /^[+-] file \/var\/backups\/(alternatives\.tar|dpkg\.\w+)\.\d+(\.gz)? /,
    // sudo records that a user has used it.
    /^[+-] file \/home\/admin\/\.sudo_as_admin_successful /,
    // Installing and purging packages changes dpkg's and apt's records.
    /^[+-] file \/var\/lib\/dpkg\/(status|status-old|available|available-old|lock|lock-frontend|diversions-old|statoverride-old|triggers\/\S+) /,
    /^[+-] file \/var\/lib\/apt\/(extended_states|daily_lock|lists\/lock) /,
    /^[+-] file \/var\/(log\/(dpkg|alternatives|apt\/(history|term))\.log|log\/apt\/eipp\.log\.xz|cache\/debconf\/\S+|cache\/apt\/\S+|cache\/ldconfig\/aux-cache) /,
    /^[+-] (file|content) .*\/etc\/ld\.so\.cache/,
  ],
  afterRestart,
  /** A second container, made for comparison, has another identity. */
  betweenTwoContainers: [
    ...afterRestart,
    /^[+-] content \S+ +\/etc\/(ssh\/ssh_host_ed25519_key|hostname|hosts|machine-id|resolv\.conf)$/,
    /^[+-] (file|content) .*authorized_keys/,
    /^[+-] route .*172\.30\.0\./,
  ],
};
