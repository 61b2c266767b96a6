# shellcheck shell=bash
# Requests for certificates of nodes: how a host makes and sends its own, and how a control plane judges and approves one.

# make_request KEY [NAMES]: generates a key in the file KEY, and writes a request for its certificate to $SCRATCH/request, for this
# host's node. NAMES are a server's, in openssl's form. Ignores the host's openssl.cnf, which may have extensions.
make_request() {
  local config=$'[req]\ndistinguished_name = subject\n[subject]' names=()
  [[ -z ${2:-} ]] || names=(-addext "subjectAltName=$2")
  (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.new" && mv "$1.new" "$1")
  openssl req -new -key "$1" -subj "/O=system:nodes/CN=system:node:$HOST" "${names[@]}" -config <(echo "$config") \
    -out "$SCRATCH/request"
}

# send_request SIGNER USAGE [SECONDS]: sends $SCRATCH/request, for a certificate that is valid for so long at most. Prints NAME UID.
send_request() {
  kubectl create --output 'jsonpath={.metadata.name} {.metadata.uid}' --filename - <<-REQUEST
	apiVersion: certificates.k8s.io/v1
	kind: CertificateSigningRequest
	metadata: {generateName: kubeadm-kafka-$HOST-}
	spec:
	  request: $(base64 --wrap=0 "$SCRATCH/request")
	  signerName: kubernetes.io/$1
	  usages: [digital signature, $2 auth]
	  ${3:+expirationSeconds: $3}
	REQUEST
}

# signed_certificate NAME UID SECONDS: waits until that request is signed, and prints the certificate, PEM in base64. Fails if it isn't
# in that time.
signed_certificate() {
  local found deadline=$((SECONDS + $3))
  until found=$(kubectl get certificatesigningrequest "$1" --output 'jsonpath={.metadata.uid} {.status.certificate}') &&
    [[ $found == "$2 "?* ]]; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
  printf '%s\n' "${found#* }"
}

# approve_request NAME UID: approves the request that was judged, whose text can't change. `kubectl certificate approve` would also approve
# another one of that name, which somebody has made in its place.
approve_request() {
  kubectl replace --raw "/apis/certificates.k8s.io/v1/certificatesigningrequests/$1/approval" --filename - <<-APPROVAL
	{"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "$1", "uid": "$2"},
	"status": {"conditions": [{"type": "Approved", "status": "True", "reason": "RequestOfNode",
	"message": "kubeadm-kafka has found that the node of a host in its config asks for itself"}]}}
	APPROVAL
}

# is_request_of NODE FILE [ADDRESS]: whether a PEM file is a node's request for its own certificate: as a client or, with ADDRESS, as a
# server of its name and address. openssl and the signer, which is written in Go, understand some texts differently: Go passes over parts
# that openssl reads, and the other way round. Therefore nothing in the text is taken for what it says. It has to be, byte for byte, one of
# the two that such a request can be with its public key: the kubelet writes names as PrintableStrings (13), openssl as UTF8Strings (0c).
# https://www.rfc-editor.org/rfc/rfc2986#section-4
is_request_of() {
  local file=$2 text key type
  openssl req -in "$file" -out "$file.same" && cmp --quiet "$file" "$file.same" || return 1
  text=$(openssl req -in "$file" -outform DER | hex)
  key=$(openssl req -in "$file" -noout -pubkey | openssl pkey -pubin -outform DER | hex)
  for type in 13 0c; do
    # In front are the tag and the length of the whole; behind is the signature, which the signer verifies.
    if [[ $text =~ ^30([0-7].|81..|82....)"$(request_info "$type" "$1" "$key" "${3:-}")" ]]; then return 0; fi
  done
  return 1
}

# request_info TYPE NODE KEY ADDRESS: prints what a request signs, its CertificationRequestInfo, as hexadecimal DER.
request_info() {
  local subject names extensions=
  subject=$(der 30 "$(name_part "$1" 0a system:nodes)" "$(name_part "$1" 03 "system:node:$2")")
  if [[ -n $4 ]]; then
    # shellcheck disable=SC2046 # four numbers
    names=$(der 30 "$(der 82 "$(printf %s "$2" | hex)")" "$(der 87 "$(printf %02x $(tr . ' ' <<<"$4"))")")
    extensions=$(der 30 06092a864886f70d01090e "$(der 31 "$(der 30 "$(der 30 0603551d11 "$(der 04 "$names")")")")")
  fi
  der 30 020100 "$subject" "$3" "$(der a0 "$extensions")"
}

# name_part TYPE ATTRIBUTE TEXT: prints a part of a subject as hexadecimal DER. ATTRIBUTE is 0a for O, 03 for CN.
name_part() { der 31 "$(der 30 "06035504$2" "$(der "$1" "$(printf %s "$3" | hex)")")"; }

# der TAG CONTENT…: prints an element of ASN.1 as hexadecimal DER.
der() {
  local tag=$1 content form=%02x
  shift
  printf -v content %s "$@"
  ((${#content} < 2 * 128)) || form=81%02x
  ((${#content} < 2 * 256)) || form=82%04x
  # shellcheck disable=SC2059 # the form of the length depends on the length
  printf "%s$form%s" "$tag" $((${#content} / 2)) "$content"
}

# Prints stdin in hexadecimal.
hex() { od --address-radix=n --format=x1 --output-duplicates | tr --delete ' \n'; }

# described FILE: prints, in a line, what a request is for by openssl's reading.
described() {
  openssl req -in "$1" -noout -text -nameopt RFC2253 | tr --squeeze-repeats '[:space:]' ' ' | tr --complement --delete '[:print:]' |
    sed 's/.* Subject: \(.*\) Subject Public Key Info: .* Attributes: \(.*\) Signature Algorithm: .*/\1, \2/' |
    cut --characters=-500
}
