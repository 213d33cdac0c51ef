/** URLs that fetch cannot send to: its errors quote them, with whatever secret a credential has put there (S1). */

/** What `send` gives; where `href` is at fault, a `TypeError` that quotes no more than the caller has written. */
export async function sentTo(href: string, send: () => Promise<Response>): Promise<Response> {
  if (hasUserinfo(href)) throw unusable(href);
  try {
    return await send();
  } catch (error) {
    throw isOfUrl(error) ? unusable(href) : error;
  }
}

function hasUserinfo(href: string): boolean {
  if (!URL.canParse(href)) return false;
  const { username, password } = new URL(href);
  return username !== "" || password !== "";
}

/** Whether a URL could not be parsed. A fetch may take relative ones, so that only it knows. */
function isOfUrl(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } | null };
  return code === INVALID || cause?.code === INVALID;
}

const INVALID = "ERR_INVALID_URL";

function unusable(href: string): TypeError {
  const shown = href.replace(USERINFO, "$1");
  const fault = WITH_SCHEME.test(href) ? "is invalid, or has a user name or a password" : `is relative, and ${NO_BASE}`;
  return new TypeError(`fetch failed: ${shown} ${fault}`);
}

/** Why a relative URL leads nowhere, and how to mend it. */
export const NO_BASE =
  "the credential has no base URL: give the whole URL, or configure base_url_path (of a flow, base_url_from)";

const WITH_SCHEME = /^\s*[a-z][a-z\d+.-]*:/i;

const USERINFO = /^(\s*[a-z][a-z\d+.-]*:[/\\]*)[^/\\?#]*@/i;
