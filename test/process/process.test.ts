import { describe, expect, test } from "vitest";
import { type Format, load, run } from "../support/child.js";
import { startIdp } from "../support/idp.js";

/** The quick tests run the ES module: what they prove is the same code in both. */
const formats: [Format, { tags?: string[] }][] = [
  ["module", {}],
  ["commonjs", { tags: ["slow"] }],
];

for (const [format, options] of formats)
  describe(`C9 ${format}`, options, () => {
    test("C9 an awaited token keeps the process alive, though its issuer holds nothing open", async () => {
      const { code, stdout } = await run(
        format,
        `${load[format]}
      const credential = { type: "bearer", token: "t" };
      const cache = new faucet.TokenCache(() => new Promise((resolve) => setTimeout(() => resolve({ credential }), 300).unref()));
      cache.getToken().then(() => console.log("served"));
      cache.getToken({ signal: new AbortController().signal }).then(() => console.log("served"));`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "served\nserved\n" });
    });

    test("C9 a flight that everybody has left does not keep it alive", async () => {
      const { code, stdout } = await run(
        format,
        `${load[format]}
      const cache = new faucet.TokenCache(() => new Promise(() => {}));
      process.on("exit", () => console.log("under way:", cache.status().inFlight));
      const leaving = new AbortController();
      cache.getToken({ signal: leaving.signal }).catch((reason) => console.log(reason));
      leaving.abort("left");`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "left\nunder way: true\n" });
    });

    test("C14 a watch does not keep it alive, whether it waits for a renewal or after a failure", async () => {
      const { code, stdout, stderr } = await run(
        format,
        `${load[format]}
      const credential = faucet.Credential.bearer("t");
      const hear = (name) => (value) => console.log(name, value.type ?? value.message);
      new faucet.TokenCache(async () => ({ credential, expiresIn: 3600 })).watch(hear("hears"));
      new faucet.TokenCache(async () => ({ credential })).watch(hear("hears"));
      new faucet.TokenCache(async () => { throw new Error("down"); }).watch(hear("none"), { onError: hear("fails") });
      new faucet.TokenCache(() => new Promise(() => {})).watch(hear("none"));
      new faucet.StaticProvider({ token: "t" }).watch(hear("hears"));`,
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout.split("\n").sort()).toEqual(["", "fails down", "hears bearer", "hears bearer", "hears bearer"]);
    });

    test("C9 a cache that nobody waits on does not keep it alive, and failures that nobody sees do not end it", async () => {
      const { code, stdout, stderr } = await run(
        format,
        `${load[format]}
      const cache = new faucet.TokenCache(async () => { throw new Error("down"); });
      cache.getToken();
      cache.getToken({ signal: AbortSignal.abort() });
      new faucet.StaticProvider({ token: "t" }).getToken({ signal: AbortSignal.abort() });
      setTimeout(() => console.log("alive"), 50);`,
      );
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "alive\n", stderr: "" });
    });
  });

for (const [format, options] of formats)
  describe(`C9 a store: ${format}`, options, () => {
    const prelude = (tokenUrl: string) => `${load[format]}
    const store = new faucet.MemoryTokenStore();
    const config = { token_url: ${JSON.stringify(tokenUrl)}, client_id: "c", client_secret: "s", persist: { key: "k" } };
    const provider = new faucet.OAuth2ClientCredentialsProvider(config, { store });`;

    test("C9 a caller who waits for its lock is not cut off by the process ending", async () => {
      const idp = await startIdp();
      const { code, stdout } = await run(
        format,
        `${prelude(idp.tokenUrl)}
      store.lock("k", 60_000).then((lease) => {
        setTimeout(() => lease.release(), 300).unref();
        provider.getToken().then(({ token }) => console.log(token));
      });`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "token-1\n" });
    });

    test("C9 neither a lease nor a wait for one holds the process where nobody waits", async () => {
      const idp = await startIdp();
      const { code, stdout } = await run(
        format,
        `${prelude(idp.tokenUrl)}
      const leaving = new AbortController();
      process.on("exit", () => console.log("under way:", provider.status().inFlight));
      store.lock("k", 60_000).then(() => {
        provider.getToken({ signal: leaving.signal }).catch(() => {});
        setTimeout(() => leaving.abort(), 100);
      });`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "under way: true\n" });
      expect(idp.seen).toHaveLength(0);
    });
  });

describe("two builds", () => {
  test("FaucetError.is knows the errors of the other build, instanceof does not", async () => {
    const { stdout, stderr } = await run(
      "module",
      `import { createRequire } from "node:module";
      import * as esm from "faucet-auth";
      const cjs = createRequire(process.cwd() + "/x.js")("faucet-auth");
      for (const [a, b] of [[esm, cjs], [cjs, esm]]) {
        const error = new a.TransportError("x");
        console.log(b.FaucetError.is(error), error instanceof b.FaucetError, error.name, error.code);
      }`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: "true false TransportError transport\n".repeat(2), stderr: "" });
  });

  test("C3 a credential of the other build is compared by its secret", async () => {
    const { stdout } = await run(
      "module",
      `import { createRequire } from "node:module";
      import * as esm from "faucet-auth";
      const cjs = createRequire(process.cwd() + "/x.js")("faucet-auth");
      let issued = 0;
      const cache = new esm.TokenCache(async () => ({ credential: cjs.Credential.bearer("t" + ++issued) }));
      await cache.getToken();
      console.log((await cache.invalidate(cjs.Credential.bearer("t1"))).token, issued);`,
    );
    expect(stdout).toBe("t2 2\n");
  });
});

describe("loading late", () => {
  test.each(formats)("undici and yaml are loaded when they are first needed: %s", async (format) => {
    const idp = await startIdp();
    const { stdout } = await run(
      format,
      `${load[format]}
      const loaded = () => {
        const paths = Object.keys(process.getBuiltinModule("node:module")._cache).join();
        return ["undici", "yaml"].filter((name) => paths.includes("/node_modules/" + name + "/")).join() || "none";
      };
      const endpoint = { url: process.env.IDP, token_path: "$.access_token" };
      new faucet.StaticProvider({ token: "t" }).getToken()
        .then(() => console.log(loaded()))
        .then(() => new faucet.TokenEndpointProvider(endpoint))
        .then((provider) => (console.log(loaded()), provider.getToken()))
        .then(() => console.log(loaded()))
        .then(() => faucet.AuthCatalog.fromYaml("auth: {}"))
        .then(() => console.log(loaded()));`,
      { env: { IDP: idp.tokenUrl } },
    );
    expect(stdout).toBe("none\nnone\nundici\nundici,yaml\n");
  });
});

describe("the process's global dispatcher", () => {
  test("H1 it serves when Node's own fetch has set it first", async () => {
    const idp = await startIdp();
    const { stdout, stderr } = await run(
      "module",
      `${load.module}
      await fetch(${JSON.stringify(`${idp.origin}/first`)});
      const provider = new faucet.OAuth2ClientCredentialsProvider({ token_url: ${JSON.stringify(idp.tokenUrl)}, client_id: "c", client_secret: "s" });
      console.log((await provider.getToken()).token);
      console.log((await fetch(${JSON.stringify(`${idp.origin}/last`)})).status);`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: "token-2\n200\n", stderr: "" });
  });
});

for (const [format, options] of formats)
  describe(`C9 timers of failures: ${format}`, options, () => {
    const prelude = `${load[format]}
    const credential = { type: "bearer", token: "t" };
    const down = new faucet.TransportError("down");`;

    test("C9 an awaited backoff is not cut off by the process ending", async () => {
      const { code, stdout } = await run(
        format,
        `${prelude}
      let attempts = 0;
      const issue = async () => { attempts += 1; if (attempts < 3) throw down; return { credential }; };
      const cache = new faucet.TokenCache(faucet.retrying(issue, { random: () => 0.9 }));
      cache.getToken().then(() => console.log("served after", attempts));`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "served after 3\n" });
    });

    test("C9 H2 neither is an awaited deadline", async () => {
      const { code, stdout } = await run(
        format,
        `${prelude}
      const cache = new faucet.TokenCache(() => new Promise(() => {}), { timeoutSecs: 0.3 });
      cache.getToken().catch((error) => console.log(error.code));`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "transport\n" });
    });

    test("C9 F6 a renewal that nobody waits for does not delay the end, neither due nor under way", async () => {
      const { code, stdout } = await run(
        format,
        `${prelude}
      const issue = ({ reason }) => reason === "initial" ? { credential, expiresIn: 60 } : new Promise(() => {});
      process.on("exit", () => console.log("under way:", underWay.status().inFlight));
      const due = new faucet.TokenCache(issue, { refresh: "background", expiryRatio: 1e-9, random: () => 0.99 });
      const underWay = new faucet.TokenCache(issue, { refresh: "background", expiryRatio: 1e-9, random: () => 0 });
      Promise.all([due.getToken(), underWay.getToken()])
        .then(() => new Promise((resolve) => setTimeout(resolve, 5)))
        .then(() => Promise.all([due.getToken(), underWay.getToken()]))
        .then(() => console.log(due.status().inFlight, underWay.status().inFlight));`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "false true\nunder way: true\n" });
    });

    test("C9 F3 a caller who got the good credential does not hold the process for the flight", async () => {
      const { code, stdout } = await run(
        format,
        `${prelude}
      // Seconds pass fifty times as fast.
      const real = setTimeout;
      globalThis.setTimeout = (work, ms, ...rest) => real(work, ms > 1000 ? ms / 50 : ms, ...rest);
      const issue = ({ reason }) => reason === "initial" ? { credential, expiresIn: 60 } : new Promise(() => {});
      const cache = new faucet.TokenCache(issue, { expiryRatio: 1e-9 });
      process.on("exit", () => console.log("flight under way:", cache.status().inFlight));
      cache.getToken()
        .then(() => new Promise((resolve) => setTimeout(resolve, 5)))
        .then(() => cache.getToken())
        .then(() => console.log("served on"));`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "served on\nflight under way: true\n" });
    });

    test("C9 F2 F3 neither the patience nor the backoff of those who have left holds the process", async () => {
      const { code, stdout } = await run(
        format,
        `${prelude}
      const leaving = new AbortController();
      const { signal } = leaving;
      const issue = ({ reason }) => reason === "initial" ? { credential, expiresIn: 60 } : new Promise(() => {});
      const patient = new faucet.TokenCache(issue, { expiryRatio: 1e-9 });
      const backingOff = new faucet.TokenCache(faucet.retrying(async () => { throw down; }, { random: () => 0.99, retries: 10 }));
      // The patience of a caller is a timer of 5 s; the backoffs end with the flight.
      const real = setTimeout;
      let patienceEnded = false;
      globalThis.setTimeout = (work, ms, ...rest) =>
        real(() => { if (ms === 5000) patienceEnded = true; work(...rest); }, ms);
      process.on("exit", () => {
        console.log("under way:", patient.status().inFlight, backingOff.status().inFlight);
        console.log("patience ended:", patienceEnded);
      });
      patient.getToken()
        .then(() => new Promise((resolve) => real(resolve, 5)))
        .then(() => {
          patient.getToken({ signal }).catch(() => {});
          backingOff.getToken({ signal }).catch(() => {});
          real(() => leaving.abort(), 100);
        });`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "under way: true true\npatience ended: false\n" });
    });

    test("H2 deadlines survive garbage collection", async () => {
      const { code, stdout } = await run(
        format,
        `${prelude}
      let attempts = 0;
      let aborted = 0;
      const issue = ({ signal }) => new Promise(() => {
        attempts += 1;
        signal.addEventListener("abort", () => { aborted += 1; });
      });
      const flights = Array.from({ length: 200 }, () => {
        const cache = new faucet.TokenCache(faucet.retrying(issue, { retries: 1 }), { timeoutSecs: 0.5 });
        return cache.getToken().then(() => "served", (error) => error.code);
      });
      const collect = setInterval(() => globalThis.gc(), 50);
      Promise.all(flights).then((ended) => {
        clearInterval(collect);
        console.log(new Set(ended), ended.length, attempts >= 200, aborted === attempts);
      });`,
        { args: ["--expose-gc"] },
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "Set(1) { 'transport' } 200 true true\n" });
    });
  });
