#!/usr/bin/env bash
# Checks this node by the CIS Kubernetes Benchmark, and changes nothing. Prints a line for each check: its number, `pass` or `fail`,
# and what was found. cis/plan.ts has what each number means, and docs/cis.md the reasons of those that fail. Takes no lock.
# shellcheck disable=SC2154 # `etcd_folder` and `encryption_config` are in lib.sh

manifests=/etc/kubernetes/manifests
kubelet_config=/var/lib/kubelet/config.yaml
kubelet_unit=/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf
health_paths=(/healthz /livez /readyz)
strong_ciphers=(TLS_AES_{128_GCM_SHA256,256_GCM_SHA384} TLS_CHACHA20_POLY1305_SHA256
  TLS_ECDHE_{RSA,ECDSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305,CHACHA20_POLY1305_SHA256})

# report NUMBER FOUND COMMAND…: passes if the command succeeds.
report() {
  local number=$1 found=$2 result=fail
  shift 2
  ! "$@" || result=pass
  printf '%s %s %s\n' "$number" "$result" "${found% }"
}

# modes NUMBER MOST PATH…: all paths exist, and none has a permission that MOST lacks.
modes() {
  local number=$1 most=$2 path mode found=''
  shift 2
  for path; do
    if ! mode=$(stat --format=%a "$path" 2>/dev/null); then
      found+="$path is missing "
    elif ((8#$mode & ~8#$most)); then
      found+="$path has $mode "
    fi
  done
  report "$number" "${found:-$most or less}" test -z "$found"
}

# owners NUMBER OWNER PATH…: all paths exist, and belong to OWNER.
owners() {
  local number=$1 owner=$2 path is found=''
  shift 2
  for path; do
    is=$(stat --format=%U:%G "$path" 2>/dev/null) || is=missing
    [[ $is == "$owner" ]] || found+="$path is $is "
  done
  report "$number" "${found:-$owner}" test -z "$found"
}

# optional modes|owners NUMBER WANTED PATH…: for paths that a node may lack.
optional() {
  local path there=()
  for path in "${@:4}"; do [[ ! -e $path ]] || there+=("$path"); done
  if ((${#there[@]})); then "${@:1:3}" "${there[@]}"; else report "$2" "there is none" true; fi
}

# files_in FOLDER [NAME]: lists the files below a folder, a line each.
files_in() { find "$1" -type f -name "${2:-*}" 2>/dev/null || true; }

declare -A flags=() # by "COMPONENT NAME"
read_flags() {
  local component line
  for component in kube-apiserver kube-controller-manager kube-scheduler etcd; do
    while IFS= read -r line; do
      [[ ! $line =~ ^\ *-\ --([a-z0-9-]+)=(.*)$ ]] || flags["$component ${BASH_REMATCH[1]}"]=${BASH_REMATCH[2]}
    done <"$manifests/$component.yaml"
  done
}

# has NUMBER COMPONENT NAME…: all flags are set.
has() {
  local number=$1 component=$2 name missing=''
  shift 2
  for name; do [[ -n ${flags["$component $name"]:-} ]] || missing+="no --$name "; done
  report "$number" "${missing:-set}" test -z "$missing"
}

# is NUMBER COMPONENT NAME VALUE [DEFAULT]
is() {
  local value=${flags["$2 $3"]:-}
  report "$1" "--$3 is ${value:-not set}" test "${value:-${5:-}}" = "$4"
}

# among NUMBER COMPONENT NAME WORD: the flag's list has the word.
among() {
  local value=${flags["$2 $3"]:-}
  report "$1" "--$3 is ${value:-not set}" has_word "$value" "$4"
}

# not_among NUMBER COMPONENT NAME WORD
not_among() {
  local value=${flags["$2 $3"]:-}
  report "$1" "--$3 is ${value:-not set}" lacks_word "$value" "$4"
}

has_word() { [[ ,$1, == *",$2,"* ]]; }
lacks_word() { ! has_word "$1" "$2"; }
is_not() { [[ -n $1 && $1 != "$2" ]]; }

# at_least NUMBER COMPONENT NAME LEAST
at_least() {
  local value=${flags["$2 $3"]:-}
  report "$1" "--$3 is ${value:-not set}" test "${value:-0}" -ge "$4"
}

# read_yaml FILE: prints PATH=VALUE of each value, for YAML as Kubernetes writes it: two spaces a level, items of a list not further
# in than their key.
read_yaml() {
  awk '
    /^ *(#|$)/ { next }
    {
      match($0, /^[ -]*/)
      item = substr($0, 1, RLENGTH) ~ /-/
      depth = int(RLENGTH / 2)
      line = substr($0, RLENGTH + 1)
      gsub(/"/, "", line)
      if (match(line, /^[A-Za-z0-9_]+:( |$)/)) {
        keys[depth] = substr(line, 1, RLENGTH)
        sub(/: *$/, "", keys[depth])
        value = substr(line, RLENGTH + 1)
        path = keys[0]
        for (level = 1; level <= depth; level++) if (level in keys) path = path "." keys[level]
        for (level in keys) if (level + 0 > depth) delete keys[level]
        if (value != "") print path "=" value
      } else if (item) print path "=" line
    }' "$1" 2>/dev/null || true
}

declare -A settings=() # of the kubelet's file; items of a list have commas between them
read_settings() {
  local name value
  while IFS='=' read -r name value; do
    settings[$name]=${settings[$name]:+${settings[$name]},}$value
  done < <(read_yaml "$kubelet_config")
}

declare -A kubelet_flags=()
read_kubelet_flags() {
  local text word name=''
  text=$(cat /var/lib/kubelet/kubeadm-flags.env /etc/default/kubelet 2>/dev/null || true)
  for word in ${text//[\"\']/ }; do
    if [[ $word == *--* ]]; then
      word=${word#*--}
      name=${word%%=*}
      [[ -n $name ]] || continue
      kubelet_flags[$name]=yes
      [[ $word != *=* ]] || kubelet_flags[$name]=${word#*=}
    elif [[ -n $name ]]; then
      kubelet_flags[$name]=$word
    fi
  done
}

# setting NAME FLAG: sets `value` to a setting of the kubelet: that of the flag, which takes precedence, or of the file.
setting() {
  value=${kubelet_flags[$2]:-}
  [[ -n $value ]] || value=${settings[$1]:-}
}

# kubelet_is NUMBER NAME FLAG VALUE [DEFAULT]
kubelet_is() {
  local value
  setting "$2" "$3"
  report "$1" "$2 is ${value:-not set}" test "${value:-${5:-}}" = "$4"
}

# strong LIST: whether it has cipher suites, and only strong ones.
strong() {
  local each
  [[ -n $1 ]] || return 1
  for each in ${1//,/ }; do [[ " ${strong_ciphers[*]} " == *" $each "* ]] || return 1; done
}

# Whether nobody is answered without a credential, but for health checks.
anonymous_is_limited() {
  local file=${flags["kube-apiserver authentication-config"]:-} name value paths=''
  [[ ${flags["kube-apiserver anonymous-auth"]:-} != false ]] || return 0
  [[ -e $file ]] || return 1
  while IFS='=' read -r name value; do
    [[ $name != anonymous.enabled || $value != false ]] || return 0
    [[ $name != anonymous.conditions.path ]] || paths+=" $value"
  done < <(read_yaml "$file")
  [[ -n $paths ]] || return 1
  for value in $paths; do [[ " ${health_paths[*]} " == *" $value "* ]] || return 1; done
}

check_files() {
  local component number=1 keys=() certificates=() networks=()
  for component in kube-apiserver kube-controller-manager kube-scheduler etcd; do
    modes "1.1.$number" 600 "$manifests/$component.yaml"
    owners "1.1.$((number + 1))" root:root "$manifests/$component.yaml"
    number=$((number + 2))
  done
  mapfile -t networks < <(files_in /etc/cni/net.d && files_in /var/lib/cni/networks)
  optional modes 1.1.9 600 "${networks[@]}"
  optional owners 1.1.10 root:root "${networks[@]}"
  modes 1.1.11 700 "$etcd_folder"
  owners 1.1.12 etcd:etcd "$etcd_folder"
  # Only the control plane that made the cluster has super-admin.conf.
  optional modes 1.1.13 600 /etc/kubernetes/{admin,super-admin}.conf
  optional owners 1.1.14 root:root /etc/kubernetes/{admin,super-admin}.conf
  modes 1.1.15 600 /etc/kubernetes/scheduler.conf
  owners 1.1.16 root:root /etc/kubernetes/scheduler.conf
  modes 1.1.17 600 /etc/kubernetes/controller-manager.conf
  owners 1.1.18 root:root /etc/kubernetes/controller-manager.conf
  mapfile -t keys < <(files_in /etc/kubernetes/pki '*.key')
  mapfile -t certificates < <(files_in /etc/kubernetes/pki '*.crt')
  owners 1.1.19 root:root /etc/kubernetes/pki /etc/kubernetes/pki/etcd "${keys[@]}" "${certificates[@]}"
  modes 1.1.20 644 "${certificates[@]}"
  modes 1.1.21 600 "${keys[@]}"
}

check_api_server() {
  local server=kube-apiserver value
  report 1.2.1 "--anonymous-auth is ${flags["$server anonymous-auth"]:-not set}, --authentication-config is \
${flags["$server authentication-config"]:-not set}" anonymous_is_limited
  is 1.2.2 $server token-auth-file ''
  among 1.2.3 $server enable-admission-plugins DenyServiceExternalIPs
  has 1.2.4 $server kubelet-client-{certificate,key}
  has 1.2.5 $server kubelet-certificate-authority
  not_among 1.2.6 $server authorization-mode AlwaysAllow
  among 1.2.7 $server authorization-mode Node
  among 1.2.8 $server authorization-mode RBAC
  among 1.2.9 $server enable-admission-plugins EventRateLimit
  not_among 1.2.10 $server enable-admission-plugins AlwaysAdmit
  among 1.2.11 $server enable-admission-plugins AlwaysPullImages
  not_among 1.2.12 $server disable-admission-plugins ServiceAccount
  not_among 1.2.13 $server disable-admission-plugins NamespaceLifecycle
  among 1.2.14 $server enable-admission-plugins NodeRestriction
  is 1.2.15 $server profiling false
  has 1.2.16 $server audit-log-path
  at_least 1.2.17 $server audit-log-maxage 30
  at_least 1.2.18 $server audit-log-maxbackup 10
  at_least 1.2.19 $server audit-log-maxsize 100
  is 1.2.20 $server request-timeout 1m0s 1m0s
  is 1.2.21 $server service-account-lookup true true
  has 1.2.22 $server service-account-key-file
  has 1.2.23 $server etcd-{certfile,keyfile}
  has 1.2.24 $server tls-{cert,private-key}-file
  has 1.2.25 $server client-ca-file
  has 1.2.26 $server etcd-cafile
  has 1.2.27 $server encryption-provider-config
  value=$(awk '/providers:/ {getline; print; exit}' "${flags["$server encryption-provider-config"]:-/dev/null}" 2>/dev/null |
    grep --only-matching --extended-regexp 'aescbc|aesgcm|identity|kms|secretbox' || true)
  report 1.2.28 "new objects are written by ${value:-nothing}" has_word aescbc,kms,secretbox "${value:-none}"
  value=${flags["$server tls-cipher-suites"]:-}
  report 1.2.29 "--tls-cipher-suites is ${value:-not set}" strong "$value"
  is 1.2.30 $server service-account-extend-token-expiration false
}

check_controllers() {
  local manager=kube-controller-manager
  has 1.3.1 $manager terminated-pod-gc-threshold
  is 1.3.2 $manager profiling false
  is 1.3.3 $manager use-service-account-credentials true
  has 1.3.4 $manager service-account-private-key-file
  has 1.3.5 $manager root-ca-file
  not_among 1.3.6 $manager feature-gates RotateKubeletServerCertificate=false
  is 1.3.7 $manager bind-address 127.0.0.1 127.0.0.1
  is 1.4.1 kube-scheduler profiling false
  is 1.4.2 kube-scheduler bind-address 127.0.0.1 127.0.0.1
}

check_etcd() {
  local value=${flags["etcd trusted-ca-file"]:-}
  has 2.1 etcd {cert,key}-file
  is 2.2 etcd client-cert-auth true
  is 2.3 etcd auto-tls false false
  has 2.4 etcd peer-{cert,key}-file
  is 2.5 etcd peer-client-cert-auth true
  is 2.6 etcd peer-auto-tls false false
  report 2.7 "--trusted-ca-file is ${value:-not set}" is_not "$value" "${flags["kube-apiserver client-ca-file"]:-}"
  has 3.2.1 kube-apiserver audit-policy-file
}

check_kubelet() {
  local value sockets listeners authority
  modes 4.1.1 600 $kubelet_unit
  owners 4.1.2 root:root $kubelet_unit
  optional modes 4.1.3 600 /etc/kubernetes/proxy.conf
  optional owners 4.1.4 root:root /etc/kubernetes/proxy.conf
  modes 4.1.5 600 /etc/kubernetes/kubelet.conf
  owners 4.1.6 root:root /etc/kubernetes/kubelet.conf
  setting authentication.x509.clientCAFile client-ca-file
  authority=$value
  modes 4.1.7 644 "$authority"
  owners 4.1.8 root:root "$authority"
  modes 4.1.9 600 $kubelet_config
  owners 4.1.10 root:root $kubelet_config
  kubelet_is 4.2.1 authentication.anonymous.enabled anonymous-auth false
  kubelet_is 4.2.2 authorization.mode authorization-mode Webhook
  report 4.2.3 "authentication.x509.clientCAFile is ${authority:-not set}" test -n "$authority"
  kubelet_is 4.2.4 readOnlyPort read-only-port 0 0
  setting streamingConnectionIdleTimeout streaming-connection-idle-timeout
  report 4.2.5 "streamingConnectionIdleTimeout is ${value:-not set}" test "${value:-4h0m0s}" != 0
  kubelet_is 4.2.6 makeIPTablesUtilChains make-iptables-util-chains true true
  value=${kubelet_flags["hostname-override"]:-}
  report 4.2.7 "--hostname-override is ${value:-not set}" test -z "$value"
  setting eventRecordQPS event-qps
  report 4.2.8 "eventRecordQPS is ${value:-not set}" test "${value:-50}" -gt 0
  setting tlsCertFile tls-cert-file
  [[ ${settings[serverTLSBootstrap]:-} != true ]] || value="the cluster's authority"
  report 4.2.9 "its certificate is signed by ${value:-nobody}" test -n "$value"
  kubelet_is 4.2.10 rotateCertificates rotate-certificates true
  kubelet_is 4.2.11 featureGates.RotateKubeletServerCertificate none true true
  setting tlsCipherSuites tls-cipher-suites
  report 4.2.12 "tlsCipherSuites is ${value:-not set}" strong "$value"
  setting podPidsLimit pod-max-pids
  report 4.2.13 "podPidsLimit is ${value:-not set}" test "${value:--1}" -gt 0
  kubelet_is 4.2.14 seccompDefault seccomp-default true
  sockets=$(ss --no-header --listening --tcp --numeric 'sport = :10249')
  listeners=$(awk '$4 !~ /^127\.0\.0\.1:/ {print $4}' <<<"$sockets" | xargs)
  report 4.3.1 "kube-proxy's metrics are at ${listeners:-127.0.0.1 alone}" test -z "$listeners"
}

read_settings
read_kubelet_flags
if [[ -e $manifests/kube-apiserver.yaml ]]; then
  read_flags
  check_files
  check_api_server
  check_controllers
  check_etcd
fi
check_kubelet
