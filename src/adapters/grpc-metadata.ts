/** Credentials as metadata of gRPC calls. */

import { type Credential, credentialHeaders } from "faucet-auth";

/** The metadata that `credential` is. Throws a `TypeError` if it is none: grpc-js would quote in its own error what it refuses (S1). */
export function metadataOf(credential: Credential): Record<string, string> {
  const headers = credentialHeaders(credential);
  for (const [name, value] of Object.entries(headers)) {
    const fault = faultOf(name.toLowerCase(), value);
    if (fault !== undefined)
      throw new TypeError(`the header ${name} of the credential is no metadata of gRPC: ${fault}`);
  }
  return headers;
}

/** What HTTP allows in a header, and gRPC does not. */
function faultOf(name: string, value: string): string | undefined {
  if (!/^[\d._a-z-]+$/.test(name)) return "its name may have letters, digits, and . _ - only";
  if (name.endsWith("-bin")) return "a name that ends in -bin is of bytes, and the credential is text";
  if (!/^[\x20-\x7e]*$/.test(value)) return "its value has characters that are not printable ASCII";
  return undefined;
}
