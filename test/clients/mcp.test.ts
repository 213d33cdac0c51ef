/** Both lines of the MCP SDK against their own servers: what examples/mcp.js shows. */

import { beforeAll, describe, expect, test } from "vitest";
import { execute } from "../support/child.js";

let printed: string;

beforeAll(async () => {
  const { code, stdout } = await execute(process.execPath, ["examples/mcp.js"]);
  expect(code).toBe(0);
  printed = stdout;
});

/** The two columns of a line in the table of that SDK: its own provider, and authFetch. */
function columns(sdk: string, name: string): string[] {
  const table = printed.slice(printed.indexOf(sdk));
  const line = table.split("\n").find((each) => each.startsWith(`  ${name}`)) ?? "";
  return line
    .slice(name.length + 2)
    .trim()
    .split(/ {2,}/);
}

describe.each(["@modelcontextprotocol/sdk", "@modelcontextprotocol/client"])("%s", (sdk) => {
  test("W2 fifty refused calls by authFetch make one token request, and none fails", () => {
    expect(columns(sdk, "token requests")[1]).toBe("1");
    expect(columns(sdk, "refresh tokens presented twice")[1]).toBe("0");
    expect(columns(sdk, "calls that failed")[1]).toBe("0 of 50");
    expect(columns(sdk, "the grant")[1]).toBe("alive");
  });

  test("the SDK's own provider, on the same server, loses its grant", () => {
    expect(Number(columns(sdk, "token requests")[0])).toBeGreaterThan(1);
    expect(Number.parseInt(columns(sdk, "calls that failed")[0] ?? "", 10)).toBeGreaterThan(0);
    expect(Number(columns(sdk, "times sent to log in")[0])).toBeGreaterThan(0);
    expect(columns(sdk, "the grant")[0]).toBe("dead");
  });
});
