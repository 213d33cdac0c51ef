/** Opens an address in somebody's browser. Where there is none, nothing happens: the address is printed too. */

import { spawn } from "node:child_process";

/** Opens `url` by `$BROWSER`, or by what the system has for it. */
export function openBrowser(url: string, { BROWSER: browser }: Readonly<Record<string, string | undefined>>): void {
  const [command, ...args] = browser ? [browser] : (OPENERS[process.platform] ?? ["xdg-open"]);
  const child = spawn(command ?? "", [...args, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  // Its argument is no command line of a shell, in which an address could have a meaning.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
