/** `${param.name}` in the configuration of a flow, where no catalog has put in its value (P4). */

import { isGiven, join, redactKey } from "../config/check.js";
import { isData, standingWith } from "../live/document-folder.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import type { Runtime } from "./runtime.js";

const MARK = /\$\$\{|\$\{param\.([^{}]+)\}/g;

/** A copy of `config` with the values of `runtime.params` in it, as texts. Throws a `ConfigError` for names that have none. */
export function withParams<T>(subject: string, config: T, runtime: Runtime): T {
  const params = isGiven(runtime) && isGiven(runtime.params) ? (runtime.params ?? {}) : {};
  const faults: ConfigFault[] = [];
  const put = (value: unknown, path: string, above: readonly unknown[] = []): unknown => {
    if (typeof value === "string") return inText(value, path);
    // What holds itself is refused elsewhere.
    if (above.includes(value)) return value;
    const within = (item: unknown, step: string): unknown => put(item, join(path, step), [...above, value]);
    if (Array.isArray(value)) return value.map((item, index) => within(item, `[${index}]`));
    if (!isData(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, within(item, redactKey(key))]);
    return standingWith(value, Object.fromEntries(entries));
  };
  const inText = (text: string, path: string): string =>
    text.replace(MARK, (mark, name: string | undefined) => {
      if (name === undefined) return mark;
      // What is put in is no template.
      if (Object.hasOwn(params, name)) return String(params[name]).replaceAll("${", () => "$${");
      faults.push({
        path,
        message: `\${param.${redactKey(name)}} has no value: give it in runtime.params, or a catalog's options.params`,
      });
      return mark;
    });
  const whole = put(config, "") as T;
  if (faults.length > 0) throw new ConfigError(subject, faults);
  return whole;
}
