/** Which keys are taken, and what each signs by (K2). */

import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fixedValue } from "../../src/live/live-value.js";
import type { SigningAlgorithm } from "../../src/signing/algorithms.js";
import { privateKeyFrom } from "../../src/signing/private-key.js";
import { signingKey } from "../../src/signing/signing-key.js";
import { loopbackCertificate } from "../support/certificates.js";
import { ecKey, edKey, jwk, pem, rsaKey, rsaPssKey } from "../support/keys.js";

const faultOf = (text: string): string | undefined => {
  const found = privateKeyFrom(text);
  return "fault" in found ? found.fault : undefined;
};

const signerOf = (text: string, parts: { algorithm?: SigningAlgorithm; keyId?: string } = {}) =>
  signingKey({ privateKey: fixedValue(text, "client"), ...parts });

describe("K2 keys that are taken", () => {
  test.each([
    ["PKCS#8", pem(rsaKey()), "RS256"],
    ["PKCS#1", pem(rsaKey(), "pkcs1"), "RS256"],
    ["SEC 1", pem(ecKey(), "sec1"), "ES256"],
    ["P-256", pem(ecKey()), "ES256"],
    ["P-384", pem(ecKey("P-384")), "ES384"],
    ["P-521", pem(ecKey("P-521")), "ES512"],
    ["Ed25519", pem(edKey()), "EdDSA"],
    ["Ed448", pem(edKey("ed448")), "EdDSA"],
    ["RSA-PSS with SHA-256", pem(rsaPssKey()), "PS256"],
    ["RSA-PSS with SHA-512", pem(rsaPssKey("sha512")), "PS512"],
    ["a JWK of RSA", JSON.stringify(jwk(rsaKey())), "RS256"],
    ["a JWK of EC", JSON.stringify(jwk(ecKey("P-384"))), "ES384"],
    ["a JWK of OKP", JSON.stringify(jwk(edKey())), "EdDSA"],
    ["a JWK that says its algorithm", JSON.stringify({ ...jwk(rsaKey()), alg: "PS384" }), "PS384"],
    ["a JWK for signatures", JSON.stringify({ ...jwk(ecKey()), use: "sig", kid: null, alg: null }), "ES256"],
    ["a JWK that says no use", JSON.stringify({ ...jwk(ecKey()), use: null }), "ES256"],
    ["a JWK behind a byte order mark", `\ufeff${JSON.stringify(jwk(ecKey()))}`, "ES256"],
    [
      "a variable of the environment, with \\n for its line breaks",
      pem(rsaKey()).trim().replaceAll("\n", "\\n"),
      "RS256",
    ],
    ["a bundle with its certificate", `${loopbackCertificate.cert}\n${loopbackCertificate.key}`, "ES256"],
    ["text before and behind it", `Bag Attributes\n  a: b\n${pem(ecKey())}\n\n`, "ES256"],
  ])("K2 %s", (_what, text, alg) => {
    expect(signerOf(text).faults()).toEqual([]);
    expect(signerOf(text).signer().header).toMatchObject({ alg });
  });

  test("K2 a JWK's own kid and alg count, unless a key says otherwise", () => {
    const text = JSON.stringify({ ...jwk(rsaKey()), kid: "its own", alg: "RS512" });
    expect(signerOf(text).signer().header).toEqual({ alg: "RS512", kid: "its own" });
    const said = { keyId: "another", algorithm: "PS256" as const };
    expect(signerOf(text, said).signer().header).toEqual({ alg: "PS256", kid: "another" });
    expect(signerOf(JSON.stringify({ ...jwk(ecKey()), kid: 7 })).signer().header.kid).toBe("7");
    expect(signerOf(pem(ecKey())).signer().header).toEqual({ alg: "ES256" });
  });
});

describe("K2 keys that are not", () => {
  const { publicKey, privateKey } = rsaKey();
  const encrypted = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p" } as const;
  const whole = pem(rsaKey());

  test.each([
    ["a public key", publicKey.export({ type: "spki", format: "pem" }) as string, /no private key/],
    ["a certificate", loopbackCertificate.cert, /no private key/],
    ["one that is encrypted", privateKey.export(encrypted) as string, /is encrypted; .* openssl pkcs8/],
    [
      "one that is encrypted in the old way, with \\n for its line breaks",
      (privateKey.export({ ...encrypted, type: "pkcs1" }) as string).trim().replaceAll("\n", "\\n"),
      /is encrypted/,
    ],
    [
      "one that is encrypted in the old way",
      privateKey.export({ ...encrypted, type: "pkcs1" }) as string,
      /is encrypted/,
    ],
    ["one that is cut off", whole.slice(0, whole.length / 2), /cut off or damaged/],
    ["one that is damaged", whole.replace(/\n.{10}/, "\n!!!!!!!!!!"), /cut off or damaged/],
    ["other text", "s3cr3t", /neither PEM .* nor a JWK/],
    ["the JWK of a public key", JSON.stringify(publicKey.export({ format: "jwk" })), /JWK of a public key/],
    ["a symmetric JWK", '{"kty":"oct","k":"s3cr3t"}', /symmetric JWK/],
    ["a set of JWKs", '{"keys":[]}', /a set of JWKs/],
    ["a JWK for encryption", JSON.stringify({ ...jwk(rsaKey()), use: "enc" }), /not for signing/],
    [
      "a JWK of an algorithm that does not sign",
      JSON.stringify({ ...jwk(rsaKey()), alg: "RSA-OAEP" }),
      /alg is not for signing/,
    ],
    ["a JWK without its parts", '{"kty":"RSA","d":"s3cr3t"}', /cut off or damaged/],
    ["a JWK of no kind", '{"kty":"none","d":"s3cr3t"}', /cut off or damaged/],
    ["a list", "[1]", /no JWK/],
    ["a number", "1", /no JWK/],
  ])("K2 %s is a fault that quotes none of it", (_what, text, reason) => {
    expect(faultOf(text)).toMatch(reason);
    expect(faultOf(text)).not.toContain("s3cr3t");
  });

  test.each([
    ["RSA of 1024 bits", pem(rsaKey(1024)), "RS256", /1024 bits; to sign it needs 2048/],
    ["RSA", pem(rsaKey()), "ES256", /a key of the type rsa, which cannot sign by ES256/],
    ["RSA", pem(rsaKey()), "EdDSA", /cannot sign by EdDSA/],
    ["P-256", pem(ecKey()), "ES384", /an EC key of the curve prime256v1, which cannot sign by ES384/],
    ["P-256", pem(ecKey()), "RS256", /cannot sign by RS256/],
    ["Ed25519", pem(edKey()), "ES256", /a key of the type ed25519, which cannot/],
    ["RSA-PSS", pem(rsaPssKey()), "RS256", /a key of the type rsa-pss, which cannot/],
    ["RSA-PSS with SHA-256", pem(rsaPssKey()), "PS512", /an RSA-PSS key for sha256, which cannot/],
    ["a JWK that says so", JSON.stringify({ ...jwk(ecKey()), alg: "ES512" }), undefined, /cannot sign by ES512/],
  ])("K2 %s does not sign by what does not fit it: %#", (_what, text, algorithm, reason) => {
    const key = signerOf(text, algorithm === undefined ? {} : { algorithm: algorithm as SigningAlgorithm });
    expect(key.faults()).toEqual([{ path: "private_key", message: expect.stringMatching(reason) }]);
  });

  test.each([
    ["of Diffie-Hellman", generateKeyPairSync("x25519")],
    ["of another curve", generateKeyPairSync("ec", { namedCurve: "secp256k1" })],
  ])("K2 a key %s does not sign at all", (_what, pair) => {
    expect(signerOf(pem(pair)).faults()).toEqual([
      { path: "private_key", message: expect.stringMatching(/which cannot sign/) },
    ]);
  });
});
