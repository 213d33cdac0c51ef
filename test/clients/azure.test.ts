/**
 * Azure's SDKs: storage against a real Azurite, which checks issuer, audience and times of a token; a claims challenge, which
 * Azurite knows nothing of, by the SDK's own policy with a transport that plays the API.
 */

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  bearerTokenAuthenticationPolicy,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, onTestFinished, test } from "vitest";
import { azureCredential } from "../../src/adapters/index.js";
import { OAuth2RefreshProvider } from "../../src/index.js";
import { loopbackCertificate } from "../support/certificates.js";
import { errorOf } from "../support/errors.js";
import { json, startIdp } from "../support/idp.js";
import { liveProvider } from "../support/live-provider.js";
import { freePort, newServerFolder, ServerProcess } from "../support/server-process.js";

const AZURITE = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");

/** The origin of an Azurite that takes tokens. */
async function startAzurite(): Promise<string> {
  const port = await freePort();
  const folder = newServerFolder();
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(cert, loopbackCertificate.cert);
  writeFileSync(key, loopbackCertificate.key);
  const where = ["--blobHost", "127.0.0.1", "--blobPort", `${port}`, "--location", folder];
  const how = [
    "--oauth",
    "basic",
    "--cert",
    cert,
    "--key",
    key,
    "--skipApiVersionCheck",
    "--disableTelemetry",
    "--silent",
  ];
  const command = { program: process.execPath, args: [AZURITE, ...where, ...how], ready: /successfully listen/ };
  const server = await new ServerProcess(command, folder).start();
  onTestFinished(() => server.remove());
  return `https://127.0.0.1:${port}`;
}

/** A token as Entra ID makes them for storage, but for its signature, which Azurite does not check. */
function entraToken(lifetimeSecs: number, audience = "https://storage.azure.com"): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: "https://sts.windows.net/acme/",
    aud: audience,
    nbf: now - 60,
    iat: now,
    exp: now + lifetimeSecs,
  };
  return ["{}", JSON.stringify(claims), "s"].map((part) => Buffer.from(part).toString("base64url")).join(".");
}

test("storage takes the token, and asks for another one before it expires", async () => {
  const lifetimes = [100, 3600];
  const idp = await startIdp((_request, response, index) => {
    const expires_in = lifetimes[index - 1];
    json(response, { access_token: entraToken(expires_in ?? 0), expires_in });
  });
  const client = { token_url: idp.tokenUrl, client_id: "reports", client_secret: "s" };
  const provider = new OAuth2RefreshProvider({ ...client, refresh_token: "r", expiry_ratio: 0.001 });
  onTestFinished(() => provider.close());
  const origin = await startAzurite();
  const tlsOptions = { ca: loopbackCertificate.cert };
  const storage = new BlobServiceClient(`${origin}/devstoreaccount1`, azureCredential(provider), {
    tlsOptions,
  } as object);
  const orders = storage.getContainerClient("orders");
  await orders.create();
  // The SDK knows that less than two minutes are left, and asks again, behind each request, until it has another token.
  const upload = (): Promise<unknown> => orders.uploadBlockBlob("a.txt", "rows", 4);
  await expect.poll(() => upload().then(() => idp.seen.length)).toBe(2);
  const blob = await orders.getBlobClient("a.txt").downloadToBuffer();
  expect([blob.toString(), idp.seen.length]).toEqual(["rows", 2]);
});

test("storage refuses what is not for it", async () => {
  const idp = await startIdp((_request, response) =>
    json(response, { access_token: entraToken(3600, "https://other.example") }),
  );
  const client = { token_url: idp.tokenUrl, client_id: "reports", client_secret: "s" };
  const provider = new OAuth2RefreshProvider({ ...client, refresh_token: "r" });
  onTestFinished(() => provider.close());
  const tlsOptions = { ca: loopbackCertificate.cert };
  const url = `${await startAzurite()}/devstoreaccount1`;
  const storage = new BlobServiceClient(url, azureCredential(provider), { tlsOptions } as object);
  expect(await errorOf(() => storage.getContainerClient("orders").create())).toMatchObject({ statusCode: 403 });
});

test("C3 a claims challenge reports the token, and the request is sent again with another", async () => {
  const { provider, issued } = await liveProvider();
  const credential = azureCredential(provider);
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: "https://graph.example/.default" }));
  const shown: (string | undefined)[] = [];
  const send = (): Promise<PipelineResponse> =>
    pipeline.sendRequest(
      {
        async sendRequest(request) {
          const authorization = request.headers.get("authorization");
          shown.push(authorization);
          if (authorization !== "Bearer token-1") return { request, status: 200, headers: createHttpHeaders() };
          const claims = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString("base64");
          const challenge = `Bearer error="insufficient_claims", claims="${claims}"`;
          return { request, status: 401, headers: createHttpHeaders({ "www-authenticate": challenge }) };
        },
      },
      createPipelineRequest({ url: "https://graph.example/me" }),
    );
  expect((await send()).status).toBe(200);
  expect((await send()).status).toBe(200);
  expect([shown, issued()]).toEqual([["Bearer token-1", "Bearer token-2", "Bearer token-2"], 2]);
});
