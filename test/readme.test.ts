import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, run } from "./support/child.js";

const readme = await readFile(join(root, "README.md"), "utf8");
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

function snippets(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, code]) => code ?? "");
}

/** A folder with the package installed and the README's YAML in its file. */
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "faucet-auth-readme-"));
  await mkdir(join(project, "node_modules"));
  await symlink(root, join(project, "node_modules", "faucet-auth"));
  for (const name of ["@opentelemetry", "axios", "ky", "openapi-fetch", "undici"]) {
    await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
  }
  await writeFile(join(project, "pipeline.yaml"), snippets("yaml")[0] ?? "");
});

afterAll(() => rm(project, { recursive: true, force: true }));

const env = { CLIENT_ID: "id", CLIENT_SECRET: "s3cr3t", REFRESH_TOKEN: "r3fr3sh", PASSWORD: "p4ss" };
const world = join(root, "test", "support", "readme-world.js");

describe("the README's programs print what it says", () => {
  test.each(snippets("js").map((program, index) => [index + 1, program] as const))(
    "program %i",
    async (_index, program) => {
      const expected = [...program.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);
      expect(expected.length).toBeGreaterThan(0);
      const { code, stdout, stderr } = await run("module", program, { cwd: project, env, args: ["--import", world] });
      expect({ stderr, code, printed: stdout.trimEnd().split("\n") }).toEqual({
        stderr: "",
        code: 0,
        printed: expected,
      });
    },
  );
});

test("the README's commands are scripts of the package", () => {
  const commands =
    snippets("sh")
      .join("")
      .match(/npm run (\w+)|npm (test)\b/g) ?? [];
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) expect(manifest.scripts).toHaveProperty(command.replace(/npm (run )?/, ""));
});
