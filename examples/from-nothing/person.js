/** Somebody with a browser, who logs in and agrees: follows redirects, and sends each form that a page has. */

/** @param {string} address Of the page at which it begins. @returns {Promise<void>} Once a page has no form. */
export async function agreeTo(address) {
  const open = browser();
  let at = address;
  let page = await open(at);
  for (;;) {
    const [, action] = /<form[^>]*\baction="([^"]*)"/.exec(page.text) ?? [];
    if (page.next !== undefined) {
      at = page.next;
      page = await open(at);
    } else if (action !== undefined) {
      at = new URL(action, at).href;
      page = await open(at, formIn(page.text));
    } else return;
  }
}

/** Opens pages, with the cookies that those before have set. */
function browser() {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  /** @param {string} url @param {URLSearchParams} [form] */
  return async (url, form) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const method = form === undefined ? "GET" : "POST";
    const answer = await fetch(url, { method, body: form ?? null, redirect: "manual", headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    return { text: await answer.text(), next: location === null ? undefined : new URL(location, url).href };
  };
}

/** What somebody would send: the fields as they are, and a name and a password where these are asked for. @param {string} html */
function formIn(html) {
  const form = new URLSearchParams();
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const [, name] = /\bname="([^"]*)"/.exec(input) ?? [];
    const [, value = "ann"] = /\bvalue="([^"]*)"/.exec(input) ?? [];
    if (name !== undefined) form.set(name, value);
  }
  return form;
}
