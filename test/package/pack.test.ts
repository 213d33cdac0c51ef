import { existsSync } from "node:fs";
import { cp, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { execute, load, root, run } from "../support/child.js";
import { newFolder } from "../support/folder.js";

const require = createRequire(import.meta.url);

test("npm pack on a fresh clone packs what it builds", { tags: ["slow"], timeout: 600_000 }, async () => {
  const clone = await newFolder();
  const tracked = await execute("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  for (const file of tracked.stdout.split("\0").filter(Boolean)) await cp(join(root, file), join(clone, file));
  await symlink(join(root, "node_modules"), join(clone, "node_modules"));
  const { code, stdout } = await execute("npm", ["pack", "--dry-run", "--json"], { cwd: clone });
  expect(code).toBe(0);
  const packed: string[] = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path);
  expect(packed).toEqual(
    expect.arrayContaining(["dist/index.js", "dist/index.cjs", "dist/index.d.ts", "src/index.ts"]),
  );
});

test("what README and the guides link to is in the package", async () => {
  const { stdout } = await execute("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"]);
  const packed: string[] = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path);
  const linked: string[] = [];
  for (const document of packed.filter((path) => path.endsWith(".md"))) {
    const text = await readFile(join(root, document), "utf8");
    const targets = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
    linked.push(...targets.map((target) => join(dirname(document), target)));
  }
  expect(linked.length).toBeGreaterThan(20);
  const missing = linked.filter((path) => !packed.some((file) => file === path || file.startsWith(`${path}/`)));
  // Whatever is only in the repository is named as such, without a link.
  expect(missing.map((path) => (existsSync(join(root, path)) ? path : `${path} (nowhere)`))).toEqual([]);
});

const entries = ["index", "adapters", "broker", "postgres", "redis", "store-conformance", "testing"];

test.each(entries)("what dist/%s exports has the name that it is exported by", async (entry) => {
  const built = [await import(join(root, "dist", `${entry}.js`)), require(join(root, "dist", `${entry}.cjs`))];
  for (const exported of built) {
    const functions = Object.entries<unknown>(exported).filter(([, value]) => typeof value === "function");
    expect(functions.length).toBeGreaterThan(0);
    expect(functions.map(([, value]) => (value as { name: string }).name)).toEqual(functions.map(([name]) => name));
  }
});

test.each(["dist/index.js", "dist/index.cjs"])("the source map of %s leads to sources of the package", async (file) => {
  const map = JSON.parse(await readFile(join(root, `${file}.map`), "utf8"));
  const own: string[] = map.sources.filter((source: string) => !source.includes("node_modules"));
  expect(own.length).toBeGreaterThan(10);
  for (const source of own) {
    expect(source).toMatch(/^\.\.\/src\//);
    // As it is now: the map is of these very sources.
    const content = map.sourcesContent[map.sources.indexOf(source)];
    expect(await readFile(join(root, "dist", source), "utf8")).toBe(content);
  }
});

test.each(["module", "commonjs"] as const)("a stack of the %s build names the source", async (format) => {
  const { stdout } = await run(
    format,
    `${load[format]}
    try { new faucet.StaticProvider({}); } catch (error) { console.log(error.stack); }`,
    { args: ["--enable-source-maps"] },
  );
  expect(stdout).toMatch(/src\/providers\/static\.ts:\d+:\d+/);
});
