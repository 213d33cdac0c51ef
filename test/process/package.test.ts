import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execute, load, root, run } from "../support/child.js";

/** A project that has installed the packed tarball. */
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "faucet-auth-package-"));
  const packed = await execute("npm", ["pack", "--silent", "--pack-destination", project]);
  const modules = join(project, "node_modules");
  await mkdir(join(modules, "faucet-auth"), { recursive: true });
  await execute("tar", [
    "-xzf",
    join(project, packed.stdout.trim()),
    "--strip-components=1",
    "-C",
    join(modules, "faucet-auth"),
  ]);
  for (const dependency of ["commander", "undici", "jsonpath-plus", "yaml"]) {
    await symlink(join(root, "node_modules", dependency), join(modules, dependency));
  }
});

afterAll(() => rm(project, { recursive: true, force: true }));

describe("the packed tarball", () => {
  test("holds dist with its sources, documents and licences, and nothing else", async () => {
    const packed = await readdir(join(project, "node_modules", "faucet-auth"));
    expect(packed.sort()).toEqual([
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE-APACHE",
      "LICENSE-MIT",
      "README.md",
      "SECURITY.md",
      "dist",
      "docs",
      "package.json",
      "src",
    ]);
    const dist = await readdir(join(project, "node_modules", "faucet-auth", "dist"));
    const entries = ["adapters", "broker", "index", "postgres", "redis", "store-conformance", "testing"];
    const endings = ["cjs", "cjs.map", "d.cts", "d.ts", "js", "js.map"];
    const files = entries.flatMap((entry) => endings.map((ending) => `${entry}.${ending}`));
    expect(dist.sort()).toEqual(["THIRD-PARTY-LICENSES", "cli.js", "cli.js.map", "schema.json", ...files].sort());
  });

  test("L2 brings the program", async () => {
    await writeFile(join(project, "pipeline.yaml"), "auth: { a: { type: static, config: { token: t } } }");
    const program = join(project, "node_modules", "faucet-auth", "dist", "cli.js");
    const ended = await execute(program, ["token", "pipeline.yaml", "a"], { cwd: project });
    expect(ended).toEqual({ code: 0, stdout: "t\n", stderr: "" });
  });

  test.each(["module", "commonjs"] as const)("serves a catalog to a %s program", async (format) => {
    const ended = await run(
      format,
      `${load[format]}
      faucet.AuthCatalog.fromYaml("auth: { a: { type: static, config: { token: t } } }")
        .then((catalog) => catalog.resolve({ ref: "a" }).getToken())
        .then((credential) => console.log(faucet.Credential.authorizationValue(credential)));`,
      { cwd: project },
    );
    expect(ended).toMatchObject({ code: 0, stdout: "Bearer t\n", stderr: "" });
  });

  test.each(["module", "commonjs"] as const)(
    "L2 what the program needs, importing the library does not (%s)",
    async (format) => {
      await rm(join(project, "node_modules", "commander"), { force: true });
      const ended = await run(format, `${load[format]} console.log(typeof faucet.AuthCatalog);`, { cwd: project });
      expect(ended).toEqual({ code: 0, stdout: "function\n", stderr: "" });
    },
  );
});
