import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import type { Connector } from "../../examples/demo/connector.js";
import { conclusion, table } from "../../examples/demo/display.js";
import { execute, root } from "../support/child.js";

const demo = (...args: string[]) => execute(process.execPath, ["examples/demo.js", ...args]);

describe("the demo's command line", () => {
  test("--help says what it shows, and runs nothing", async () => {
    const { code, stdout, stderr } = await demo("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: npm run demo/);
    expect(stdout).toContain("--unshared");
    expect(stdout).not.toContain("Starting");
  });

  test.each([["--unshard"], ["unshared"], ["--unshared=yes"]])("%s is refused with exit status 2", async (argument) => {
    const { code, stdout, stderr } = await demo(argument);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(argument.replace("=yes", ""));
    expect(stderr).toContain("Usage: npm run demo");
  });

  test("Ctrl-C stops it, and it says so", { tags: ["slow"] }, async () => {
    const child = spawn(process.execPath, ["examples/demo.js"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(child, "close");
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      // The first line comes before anything is started.
      if (lines.push(line) === 1) child.kill("SIGINT");
    }
    expect(await ended).toEqual([130, null]);
    expect(lines[0]).toMatch(/^Starting an OpenID provider/);
    expect(lines.at(-1)).toBe("Stopped by Ctrl-C.");
  });
});

describe("what the demo shows", () => {
  test("connectors that share nothing kill the grant", async () => {
    const { code, stdout, stderr } = await demo("--unshared");
    expect(code).toBe(1);
    expect(stderr.match(/\[FAUCET_AUTH_GRANT_SHARED\] Warning: .*present the same refresh token/g)).toHaveLength(1);
    expect(stdout).toContain("invalid_grant");
    expect(stdout).toMatch(/, [1-9]\d* refresh tokens? presented twice, 1 grant revoked/);
    expect(stdout).toContain("The grant is dead");
  });

  test("connectors that share a provider keep it alive", { tags: ["slow"] }, async () => {
    const { stdout } = await demo();
    expect(stdout).toContain("0 refresh tokens presented twice, 0 grants revoked");
    expect(stdout).toContain("The grant is alive.");
  });

  test("its table is no wider than 80 columns, and counts one in the singular", () => {
    const one = { requests: 1, refused: 1, tokens: new Set(["t"]), failed: 1, failure: "invalid_grant" };
    const connectors = [{ ...one, table: "shipments" }] as unknown as Connector[];
    const many = { tokenRequests: 9999, overlaps: 0, reuses: 999, revokedGrants: 9 };
    for (const line of table(connectors, many)) expect(line.length).toBeLessThanOrEqual(80);
    const seen = { tokenRequests: 1, overlaps: 0, reuses: 1, revokedGrants: 1 };
    expect(table(connectors, seen).at(-1)).toBe(
      "IdP: 1 token request, 1 refresh token presented twice, 1 grant revoked",
    );
    expect(conclusion(connectors, seen, true).text).toContain("1 connector made 1 request and saw 1 401.");
  });
});
