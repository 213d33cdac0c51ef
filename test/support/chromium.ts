/** A headless Chromium, driven by its DevTools protocol: what a person sees, types and clicks. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The names that systems have for it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The command that starts it here; `undefined` where there is none. */
export const chromium: string | undefined = NAMES.find((name) => spawnSync(name, ["--version"]).status === 0);

/** One page of a browser. */
export interface ChromiumPage {
  /** The value of an expression within the page. */
  evaluate<T>(expression: string): Promise<T>;
}

/** Opens `address` in a browser of its own, until the test ends. */
export async function openInChromium(address: string): Promise<ChromiumPage> {
  const profile = await mkdtemp(join(tmpdir(), "faucet-auth-chromium-"));
  const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  const child = spawn(
    chromium ?? "",
    [...args, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  onTestFinished(async () => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  });
  const port = await portOf(child.stderr);
  const opened = await fetch(`http://127.0.0.1:${port}/json/new?${encodeURIComponent(address)}`, { method: "PUT" });
  const { webSocketDebuggerUrl } = (await opened.json()) as { webSocketDebuggerUrl: string };
  return pageAt(webSocketDebuggerUrl);
}

async function portOf(stderr: NodeJS.ReadableStream): Promise<string> {
  let output = "";
  for await (const chunk of stderr) {
    output += chunk;
    const [, port] = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(output) ?? [];
    if (port !== undefined) {
      stderr.resume();
      return port;
    }
  }
  throw new Error(`Chromium did not start: ${output}`);
}

async function pageAt(url: string): Promise<ChromiumPage> {
  const { WebSocket } = await import("undici");
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  onTestFinished(() => socket.close());
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    waiting.get(id)?.(result);
  });
  let calls = 0;
  return {
    evaluate: async (expression) => {
      calls += 1;
      const answered = new Promise<unknown>((resolve) => waiting.set(calls, resolve));
      socket.send(
        JSON.stringify({ id: calls, method: "Runtime.evaluate", params: { expression, returnByValue: true } }),
      );
      return ((await answered) as { result?: { value?: never } } | undefined)?.result?.value as never;
    },
  };
}

/** Types the user's name and password where they are asked for, clicks through whatever follows, and gives the text of the last page. */
export async function agreeIn(
  page: ChromiumPage,
  user: { username: string; password: string },
  isLast: RegExp,
): Promise<string> {
  for (;;) {
    const text = (await page.evaluate<string | undefined>(STEP(user))) ?? "";
    if (isLast.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** One step: what is on the page is filled in, and its main button clicked, once. Gives the text of the page. */
const STEP = (user: { username: string; password: string }): string => `(() => {
  if (document.readyState !== "complete" || document.body === null) return "";
  const form = [...document.forms].find((each) => each.querySelector("[type=submit]"));
  if (form && !form.dataset.sent) {
    form.dataset.sent = "yes";
    const type = (selector, value) => { for (const field of form.querySelectorAll(selector)) field.value = value; };
    type("[name=login], [name=username]", ${JSON.stringify(user.username)});
    type("[name=password]", ${JSON.stringify(user.password)});
    form.querySelector("[type=submit]").click();
  }
  return document.body.innerText;
})()`;
