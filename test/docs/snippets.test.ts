/** What stands in the README and in the guides as code works as it says there. */

import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AuthCatalog } from "../../src/index.js";
import { type Ended, execute, root } from "../support/child.js";
import { placeDocument } from "../support/guides.js";

interface Snippet {
  /** Where it stands: `docs/clients.md:42`. */
  readonly at: string;
  readonly language: string;
  readonly code: string;
}

interface Document {
  readonly path: string;
  readonly text: string;
  readonly snippets: readonly Snippet[];
}

async function read(path: string): Promise<Document> {
  const text = await readFile(join(root, path), "utf8");
  const found = text.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  const snippets = [...found].map(({ 1: language = "", 2: code = "", index }) => {
    return { at: `${path}:${text.slice(0, index).split("\n").length + 1}`, language, code };
  });
  return { path, text, snippets };
}

const guides = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md")).sort();
const paths = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...guides.map((name) => `docs/${name}`)];
const documents = await Promise.all(paths.map(read));
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

function snippetsIn(language: string): Snippet[] {
  return documents.flatMap(({ snippets }) => snippets.filter((snippet) => snippet.language === language));
}

function called(snippets: readonly Snippet[]): [string, Snippet][] {
  return snippets.map((snippet) => [snippet.at, snippet]);
}

/** A name that stands in the first line, as a comment: it is what the file is called. */
function nameOf({ code }: Snippet): string | undefined {
  return /^(?:#|\/\/) ([\w-]+\.\w+)\n/.exec(code)?.[1];
}

const secrets = { CLIENT_ID: "id", CLIENT_SECRET: "s3cr3t", REFRESH_TOKEN: "r3fr3sh", PASSWORD: "p4ss" };
const world = join(root, "test", "docs", "world.js");

/** A folder for projects, in which the package is installed, and what programs use beside it. */
let workspace: string;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), "faucet-auth-docs-"));
  const modules = join(workspace, "node_modules");
  await mkdir(modules);
  await symlink(root, join(modules, "faucet-auth"));
  for (const name of ["@opentelemetry", "@types", "axios", "ky", "openapi-fetch", "pg", "redis", "undici"]) {
    await symlink(join(root, "node_modules", name), join(modules, name));
  }
});

afterAll(() => rm(workspace, { recursive: true, force: true }));

/** A folder as `npm init -y` leaves it, with the files that the documents name. */
async function makeProject(name: string): Promise<string> {
  const project = join(workspace, name.replace(/\W+/g, "-"));
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", version: "1.0.0" }));
  for (const snippet of documents.flatMap(({ snippets }) => snippets)) {
    const file = nameOf(snippet);
    if (file !== undefined) await writeFile(join(project, file), snippet.code);
  }
  return project;
}

const ofReadme = snippetsIn("js").filter(({ at }) => at.startsWith("README"));
const ofGuides = snippetsIn("js").filter(({ at }) => at.startsWith("docs"));

describe("programs of README print what they say", () => printWhatTheySay("programs of README", ofReadme));
describe("programs of the guides print what they say", { tags: ["slow"] }, () => {
  printWhatTheySay("programs of the guides", ofGuides);
});

function printWhatTheySay(folder: string, programs: readonly Snippet[]): void {
  let endings: Ended[];

  beforeAll(async () => {
    const project = await makeProject(folder);
    const files = programs.map((_program, index) => join(project, `program-${index}.mjs`));
    await Promise.all(programs.map(({ code }, index) => writeFile(files[index] ?? "", code)));
    const runner = join(root, "test", "docs", "run-programs.js");
    const { stdout, stderr } = await execute(process.execPath, [runner, ...files], { cwd: project, env: secrets });
    expect(stderr).toBe("");
    endings = JSON.parse(stdout);
  }, 120_000);

  test.each(programs.map(({ at, code }, index) => [at, index, code] as const))("%s", (_at, index, code) => {
    const expected = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);
    expect(expected.length).toBeGreaterThan(0);
    const { code: exitCode, stdout, stderr } = endings[index] as Ended;
    expect({ stderr, exitCode, printed: stdout.trimEnd().split("\n") }).toEqual({
      stderr: "",
      exitCode: 0,
      printed: expected,
    });
  });
}

describe("the first program", () => {
  const [first] = snippetsIn("js");
  const name = first === undefined ? undefined : nameOf(first);

  test("runs when it is saved as it says, after npm init -y", async () => {
    expect(name).toMatch(/\.mjs$/);
    const project = await makeProject("first");
    const { code, stdout, stderr } = await execute(process.execPath, ["--import", world, name ?? ""], {
      cwd: project,
      env: secrets,
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "3\n", stderr: "" });
  });

  test("says which variable is missing", async () => {
    const project = await makeProject("first without variables");
    const env = { CLIENT_SECRET: "", REFRESH_TOKEN: "" };
    const { code, stderr } = await execute(process.execPath, [name ?? ""], { cwd: project, env });
    expect(code).toBe(1);
    expect(stderr).toContain("client_secret: must not be empty");
    expect(stderr).toContain("refresh_token: must not be empty");
  });
});

test("the first program, and all TypeScript, compile under strict", async () => {
  const project = await makeProject("types");
  const snippets = [...snippetsIn("js").slice(0, 1), ...snippetsIn("ts")];
  expect(snippets.length).toBeGreaterThan(4);
  const files = new Map(snippets.map((snippet, index) => [join(project, `types-${index}.mts`), snippet]));
  await Promise.all([...files].map(([file, { code }]) => writeFile(file, code)));
  const program = ts.createProgram([...files.keys()], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    typeRoots: [join(root, "node_modules", "@types")],
  });
  const faults = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${files.get(file?.fileName ?? "")?.at}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
  expect(faults).toEqual([]);
}, 60_000);

describe("YAML", () => {
  const blocks = snippetsIn("yaml").filter(({ code }) => /^auth:/m.test(code));

  test("is there", () => {
    expect(blocks.length).toBeGreaterThan(2);
  });

  test.each(called(blocks))("%s is an auth: block that can be loaded", async (at, { code }) => {
    const project = await makeProject(at);
    const file = placeDocument(code, project);
    const catalog = await AuthCatalog.load(file);
    expect(catalog.names.length).toBeGreaterThan(0);
    await catalog.close();
    vi.unstubAllEnvs();
  });
});

test("commands are scripts of the package", () => {
  const users = documents.filter(({ path }) => !path.endsWith("contract.md"));
  const commands = users.flatMap(({ text }) => text.match(/\bnpm (?:run [\w:]+|test\b)/g) ?? []);
  expect(commands.length).toBeGreaterThan(8);
  for (const command of commands) expect(manifest.scripts).toHaveProperty([command.replace(/npm (run )?/, "")]);
});

describe("links", () => {
  test.each(documents.map((document) => [document.path, document] as const))(
    "of %s lead somewhere",
    (path, { text }) => {
      const prose = text.replace(/^```.*?^```$/gms, "");
      const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
      const broken = links.filter((target) => !/^https:/.test(target) && !leadsSomewhere(path, target));
      expect(broken).toEqual([]);
    },
  );

  function leadsSomewhere(from: string, target: string): boolean {
    const [file = "", anchor] = target.split("#");
    const to = documents.find((document) => document.path === (file === "" ? from : join(dirname(from), file)));
    return to !== undefined && (anchor === undefined || anchorsOf(to).includes(anchor));
  }

  /** As GitHub makes them of headings. */
  function anchorsOf({ text }: Document): string[] {
    return [...text.replace(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => {
      return heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-");
    });
  }
});
