# shellcheck shell=bash
# Stands in for firewalld's firewall-cmd and firewall-offline-cmd, with the options that prepare.sh and undo.sh use. If there is a file
# stopped in $DIR/firewalld, firewalld doesn't run, and firewall-cmd does nothing. The files permanent and runtime in
# $DIR/firewalld have the settings, "ZONE SETTING" a line. If there is a file packets as well, it filters forwarded packets by the rules
# that firewalld 1.3.3 gives the kernel for these settings.
state=$DIR/firewalld scope=runtime zone=public
if [[ $0 == *offline* ]]; then
  scope=permanent
elif [[ -e $state/stopped ]]; then
  exit 252
fi
touch "$state/permanent" "$state/runtime"

render() {
  local sources
  sources=$(sed --quiet 's/^trusted source=\(.*\)/    ip saddr \1 goto filter_FWD_trusted/p' "$state/runtime")
  nft -f - <<RULES
table inet firewalld
delete table inet firewalld
table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_FORWARD_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD_ZONES {
$sources
    goto filter_FWD_public
  }
  chain filter_FWD_trusted {
    accept
  }
  chain filter_FWD_public {
    oifname "eth0" accept
    reject with icmpx admin-prohibited
  }
}
RULES
}

for option; do
  setting="$zone ${option#--*-}"
  case $option in
  --permanent) scope=permanent ;;
  --zone=*) zone=${option#*=} ;;
  --state) ;;
  --get-default-zone) echo public ;;
  --get-zone-of-source=*)
    awk -v source="source=${option#*=}" '$2 == source {print $1; found = 1} END {exit !found}' "$state/$scope" || exit 2
    ;;
  --query-*) grep --quiet --line-regexp --fixed-strings -- "$setting" "$state/$scope" ;;
  --add-*) printf '%s\n' "$setting" >>"$state/$scope" ;;
  --remove-*)
    grep --invert-match --line-regexp --fixed-strings -- "$setting" "$state/$scope" >"$state/rest" || true
    mv "$state/rest" "$state/$scope"
    ;;
  *) exit 2 ;;
  esac || exit
done
[[ ! -e $state/packets ]] || render
