# shellcheck shell=bash
# Finds packets that a host's packet filter certainly drops, for preflight.sh. A rule that can't be judged (by address, by set, by
# rate) counts as one that accepts.

# dropped HOOK PORT…: prints each of the ports ("tcp 10250", "ipip" or "any") whose packets a chain at this hook drops, one a line,
# with the chain. Rules of an active ufw or firewalld don't count: prepare.sh opens it. All other rules do.
dropped() {
  local hook=$1 port rules
  shift
  rules=$(filter_rules)
  for port in "$@"; do judge "$hook" "$port" <<<"$rules"; done
}

# Prints all rules in the syntax of iptables-save, and behind them those of nft. The filter table that both list comes from
# iptables, since nft shows less of it. ufw's rules are in that table. firewalld has a table of its own, or chains for its zones there.
filter_rules() {
  local program iptables='' nft='' shared=yes
  for program in iptables-nft-save iptables-legacy-save; do
    [[ ! -x $(command -v "$program") ]] || iptables+=$("$program" 2>/dev/null || true)$'\n'
  done
  [[ ! -x $(command -v nft) ]] || nft=$(nft list ruleset 2>/dev/null || true)
  if grep --quiet '^:INPUT' <<<"$iptables"; then nft=$(sed '/^table ip filter {/,/^}/d' <<<"$nft"); fi
  if command -v ufw >/dev/null && [[ $(ufw status 2>/dev/null) == "Status: active"* ]]; then shared=''; fi
  if command -v firewall-cmd >/dev/null && firewall-cmd --state >/dev/null 2>&1; then
    nft=$(sed '/^table inet firewalld {/,/^}/d' <<<"$nft")
    ! grep --quiet '^:INPUT_ZONES' <<<"$iptables" || shared=''
  fi
  [[ -n $shared ]] || iptables='' nft=$(sed '/^table ip filter {/,/^}/d' <<<"$nft")
  printf '%s\n' "$iptables" "$nft"
}

# judge HOOK PORT: reads rules, and prints PORT with the table and chain that drop it.
judge() {
  awk -v hook="$1" -v packet="$2" '
    BEGIN { split(packet, wanted, " "); protocol = wanted[1] == "ipip" ? "(ipencap|4)" : wanted[1]; number = wanted[2] + 0 }

    # Translates iptables-save into the syntax of nft.
    /^\*/ { table = "ip " substr($1, 2); next }
    /^:/ && table == "ip filter" {
      chain = substr($1, 2)
      if (chain == toupper(hook)) base(table, chain, tolower($2))
      next
    }
    /^-A/ && table == "ip filter" {
      chain = $2
      gsub(/"[^"]*"/, "quoted")
      sub(/^-A [^ ]+ ?/, "")
      gsub(/-m (comment --comment [^ ]+|tcp|udp|multiport|conntrack|state) ?/, "")
      gsub(/! -[^ ]+ [^ ]+/, "negated")
      gsub(/-i lo( |$)/, "iif lo ")
      gsub(/-p /, "meta l4proto ")
      gsub(/--dports? /, "th dport ")
      gsub(/--(ct)?state /, "ct state ")
      gsub(/-[jg] REJECT.*/, "reject")
      gsub(/-[jg] (LOG|NFLOG).*/, "")
      gsub(/-[jg] ACCEPT/, "accept")
      gsub(/-[jg] DROP/, "drop")
      gsub(/-[jg] RETURN/, "return")
      gsub(/-[jg] /, "jump ")
      gsub(/:/, "-")
      add(table, chain, tolower($0))
      next
    }

    # Reads `nft list ruleset`.
    /^table / { table = $2 " " $3; chain = ""; next }
    /^\tchain / { chain = $2; next }
    /^\t[a-z].*[{]$/ { chain = ""; next }
    /^\t?[}]/ { chain = ""; next }
    chain == "" || table !~ /^(ip|inet) / { next }
    /^\t\ttype .* hook / {
      if ($2 == "filter" && $0 ~ "hook " hook " ") base(table, chain, $0 ~ /policy drop/ ? "drop" : "accept")
      next
    }
    {
      gsub(/"lo"/, "lo")
      gsub(/"[^"]*"/, "quoted")
      rest = rest $0
      if (gsub(/[{]/, "{", rest) > gsub(/[}]/, "}", rest)) next # a set goes on in the next line
      gsub(/ comment quoted/, "", rest)
      gsub(/log( (prefix|level|flags|group|snaplen|queue-threshold) [^ ]+)*/, "", rest)
      gsub(/counter( packets [0-9]+ bytes [0-9]+)?/, "", rest)
      add(table, chain, rest)
      rest = ""
    }

    END {
      for (each = 1; each <= bases; each++) {
        split(all[each], place, SUBSEP)
        # In iptables, Felix (the agent of Calico) accepts the encapsulation before all rules, and packets of pods behind them.
        felix = place[1] == "ip filter"
        if (felix && (packet == "udp 4789" || packet == "ipip")) continue
        result = judged(place[1], place[2])
        if (result == "drop" || (result == "" && policy[all[each]] == "drop" && !(felix && packet == "any"))) {
          printf "%s (table %s, chain %s)\n", packet, place[1], place[2]
          exit
        }
      }
    }

    function base(table, chain, verdict) { all[++bases] = table SUBSEP chain; policy[table, chain] = verdict }

    function add(table, chain, rule) { rules[table, chain, ++count[table, chain]] = rule }

    # Returns accept, drop, or nothing where no rule decides.
    function judged(table, chain, at, answer, verdict, target, sure) {
      if (++depth > 20) return "accept"
      for (at = 1; at <= count[table, chain]; at++) {
        split(applies(rules[table, chain, at]), answer, " ")
        sure = answer[1] == "yes"
        if (answer[1] == "no") continue
        verdict = answer[2] == "jump" || answer[2] == "goto" ? judged(table, answer[3]) : answer[2]
        if (sure && verdict == "return") break
        if (verdict == "accept" || verdict == "unknown") { depth--; return "accept" }
        if (sure && verdict == "drop") { depth--; return "drop" }
      }
      depth--
      return ""
    }

    # Returns "yes", "no" or "maybe" for whether the rule matches the packet, and the verdict.
    function applies(rule, words, answer, matched) {
      sub(/^[ \t]+/, "", rule)
      answer = "yes"
      while (rule != "") {
        if (rule ~ /^(accept|drop|return)( |$)/ || rule ~ /^(jump|goto) /) { split(rule, words, " "); return answer " " words[1] " " words[2] }
        if (rule ~ /^reject/) return answer " drop"
        if (match(rule, /^(iif|iifname) lo /)) return "no"
        if (match(rule, /^(iif|iifname) != lo /)) matched = "yes"
        else if (match(rule, /^[a-z0-9 ]+ != ([{][^}]*[}]|[^ ]+) ?/)) matched = "maybe"
        else if (match(rule, /^ct state vmap [{][^}]*[}] ?/)) matched = rule ~ /new *:|untracked *:/ ? "maybe" : "no"
        else if (match(rule, /^ct state ([{][^}]*[}]|[a-z,]+) ?/)) matched = substr(rule, 1, RLENGTH) ~ /new/ ? "yes" : "no"
        else if (match(rule, /^(meta l4proto|ip protocol) ([{][^}]*[}]|[a-z0-9-]+) ?/)) matched = has(rule, RLENGTH, protocol)
        else if (match(rule, /^meta nfproto ipv4 /)) matched = "yes"
        else if (match(rule, /^(icmp|icmpv6|igmp|ip6|meta nfproto ipv6) /)) matched = "no"
        else if (match(rule, /^fib daddr type (broadcast|multicast|anycast) /)) matched = "no"
        else if (match(rule, /^(tcp|udp|th) dport ([{][^}]*[}]|[0-9,-]+) ?/)) {
          matched = rule !~ /^th/ && has(rule, 3, protocol) == "no" ? "no" : in_ports(substr(rule, 1, RLENGTH))
        } else if (match(rule, /^(tcp|udp) /)) matched = has(rule, RLENGTH, protocol) == "no" ? "no" : "maybe"
        else if (rule ~ /vmap/) return answer == "no" ? "no" : "maybe unknown"
        else { match(rule, /^[^ ]+ */); matched = "maybe" }
        if (matched == "no") return "no"
        if (matched == "maybe") answer = "maybe"
        rule = substr(rule, RLENGTH + 1)
        sub(/^[ \t]+/, "", rule)
      }
      return answer " none"
    }

    function has(rule, size, word) {
      if (word == "any") return "maybe"
      return substr(rule, 1, size) ~ "(^|[ ,{])" word "([ ,}]|$)" ? "yes" : "no"
    }

    function in_ports(text, ports, edges, at, amount) {
      if (packet == "any") return "maybe"
      gsub(/[^0-9,-]/, "", text)
      amount = split(text, ports, ",")
      for (at = 1; at <= amount; at++) {
        split(ports[at] "-" ports[at], edges, "-")
        if (number >= edges[1] + 0 && number <= edges[2] + 0) return "yes"
      }
      return "no"
    }'
}
