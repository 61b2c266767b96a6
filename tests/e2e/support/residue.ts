/** A machine that was started anew meanwhile. */
const afterRestart = [
  /^[+-] folder \/var\/tmp\/systemd-private-/,
  // Docker's resolver listens on other ports each time.
  /^[+-] iptables -A DOCKER_(OUTPUT|POSTROUTING) /,
];

/** What may differ between a host before `up` and after `destroy`, and why. Everything else is residue and fails the run. */
export const residue = {
  always: [
    // systemd and sshd write their own books while a host runs.
    /^[+-] file \/var\/log\/(journal|lastlog|wtmp|btmp|faillog|tallylog)/,
    /^[+-] (file|folder) \/var\/log\/journal\//,
    /^[+-] (file|folder) \/var\/lib\/systemd\//,
    /^[+-] file \/etc\/(machine-id|resolv\.conf|hostname|hosts|\.updated) /,
    /^[+-] file \/var\/\.updated /,
    // sudo's mark that somebody has used it.
    /^[+-] file \/home\/admin\/\.sudo_as_admin_successful /,
    // Whoever installs and purges packages leaves dpkg's and apt's books newer than they were.
    /^[+-] file \/var\/lib\/dpkg\/(status|status-old|available|available-old|lock|lock-frontend|diversions-old|statoverride-old|triggers\/\S+) /,
    /^[+-] file \/var\/lib\/apt\/(extended_states|daily_lock|lists\/lock) /,
    /^[+-] file \/var\/(log\/(dpkg|alternatives|apt\/(history|term))\.log|log\/apt\/eipp\.log\.xz|cache\/debconf\/\S+|cache\/apt\/\S+|cache\/ldconfig\/aux-cache) /,
    /^[+-] (file|content) .*\/etc\/ld\.so\.cache/,
  ],
  afterRestart,
  /** A container that was made for comparison has an identity of its own. */
  betweenTwoContainers: [
    ...afterRestart,
    /^[+-] content \S+ +\/etc\/(ssh\/ssh_host_ed25519_key|hostname|hosts|machine-id|resolv\.conf)$/,
    /^[+-] (file|content) .*authorized_keys/,
    /^[+-] route .*172\.30\.0\./,
  ],
};
