/** What a failed TLS handshake says, and what would help (H11). */

/** A failure of TLS, in words. */
export interface TlsFailure {
  readonly message: string;
  /** Whether another attempt may go well: a certificate stays what it is. */
  readonly isRetryable: boolean;
}

/** `undefined` if it was not TLS that failed. */
export function tlsFailure(codes: readonly string[], text: string): TlsFailure | undefined {
  if (BROKEN_OFF.test(text))
    return { message: "the connection was closed during the TLS handshake", isRetryable: true };
  const code = codes.find(isOfTls);
  if (code === undefined) return undefined;
  const reason = REASONS.find(({ test }) => test.test(code)) ?? { says: "the TLS handshake has failed", remedy: "" };
  return { message: `${reason.says} (${code})${reason.remedy}`, isRetryable: false };
}

/** Node's only name for it. */
const BROKEN_OFF = /before secure TLS connection was established/;

/** The codes of OpenSSL's X.509 checks, those of its protocol errors, and those of Node's own checks. */
function isOfTls(code: string): boolean {
  return (
    REASONS.some(({ test }) => test.test(code)) ||
    /^(?:ERR_SSL_|ERR_TLS_|CERT_|CRL_|EPROTO$|UND_ERR_PRX_TLS$)/.test(code)
  );
}

const TRUST =
  "; if that is meant, name its authority in a PEM file: in tls.ca, in NODE_EXTRA_CA_CERTS, or by an undici Agent with connect: { ca } as runtime.dispatcher";

const CLIENT_CERTIFICATE =
  "; give one in tls.cert and tls.key, or by an undici Agent with connect: { cert, key } as runtime.dispatcher";

const REASONS: readonly { readonly test: RegExp; readonly says: string; readonly remedy: string }[] = [
  {
    test: /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)$/,
    says: "the server's certificate is self-signed and not trusted",
    remedy: TRUST,
  },
  {
    test: /^(?:UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)|CERT_UNTRUSTED|INVALID_CA)$/,
    says: "the authority that issued the server's certificate is not known",
    remedy: TRUST,
  },
  { test: /^CERT_HAS_EXPIRED$/, says: "the server's certificate has expired", remedy: "; it must be renewed there" },
  {
    test: /^CERT_NOT_YET_VALID$/,
    says: "the server's certificate is not valid yet",
    remedy: "; is the clock of this machine right?",
  },
  {
    test: /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    says: "the server's certificate is for other host names",
    remedy: "; is the host in the URL right?",
  },
  {
    test: /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/,
    says: "what answers there does not speak TLS",
    remedy: "; are scheme and port of the URL right?",
  },
  {
    test: /^ERR_SSL_(?:SSLV3|TLSV13?|SSL\/TLS)_ALERT_(?:.*CERTIFICATE.*|UNKNOWN_CA|ACCESS_DENIED)$/,
    says: "the server wants a client certificate that it accepts",
    remedy: CLIENT_CERTIFICATE,
  },
  {
    test: /^ERR_SSL_(?:SSLV3|TLSV1|SSL\/TLS)_ALERT_HANDSHAKE_FAILURE$/,
    says: "the server has refused the TLS handshake",
    remedy: `${CLIENT_CERTIFICATE}, if it wants one`,
  },
  { test: /^UND_ERR_PRX_TLS$/, says: "the TLS handshake with the proxy has failed", remedy: TRUST },
];
