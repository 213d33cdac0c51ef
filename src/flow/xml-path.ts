/** Takes a text out of an XML document by the local names of its elements, such as `response.api.sessionid`. */

import { loadDependency } from "../values/load-dependency.js";

/** The trimmed text of the first element on `path`; `undefined` if there is none, or the document is no XML. */
export async function textAtXmlPath(document: string, path: string): Promise<string | undefined> {
  const { XMLParser } = await loadDependency("fast-xml-parser", () => import("fast-xml-parser"));
  const parser = new XMLParser({
    ignoreAttributes: true,
    removeNSPrefix: true,
    parseTagValue: false,
    // Entities of a document's own could make a short answer a huge text.
    processEntities: false,
  });
  let nodes: readonly unknown[];
  try {
    nodes = [parser.parse(withoutSections(document))];
  } catch {
    return undefined;
  }
  for (const name of path.split(".")) nodes = nodes.flatMap((each) => childrenOf(each, localName(name)));
  const [node] = nodes;
  const text = typeof node === "object" && node !== null ? (node as Record<string, unknown>)["#text"] : node;
  return typeof text === "string" ? withPredefinedEntities(text).trim() : undefined;
}

/** `document` with the text of its CDATA sections in place of them, and without what may hold the sign of one but no text (XML 1.0 §2.5 to §2.7). */
function withoutSections(document: string): string {
  const parts: string[] = [];
  let end = 0;
  for (;;) {
    const { index: begin = -1, 0: sign = "" } = nextSign(document, end) ?? {};
    const ending = ENDINGS[sign];
    const next = ending === undefined ? -1 : document.indexOf(ending, begin + sign.length);
    if (ending === undefined || next < 0) return parts.join("") + document.slice(end);
    parts.push(document.slice(end, begin));
    if (sign === SECTION) parts.push(escaped(document.slice(begin + sign.length, next)));
    end = next + ending.length;
  }
}

const SECTION = "<![CDATA[";

/** How a section, a comment and an instruction end. */
const ENDINGS: Readonly<Record<string, string>> = { [SECTION]: "]]>", "<!--": "-->", "<?": "?>" };

function nextSign(document: string, from: number): RegExpExecArray | null {
  const sign = /<!\[CDATA\[|<!--|<\?/g;
  sign.lastIndex = from;
  return sign.exec(document);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The children of that name, in the order of the document. */
function childrenOf(node: unknown, name: string): readonly unknown[] {
  const isElement = typeof node === "object" && node !== null && Object.hasOwn(node, name);
  return isElement ? [(node as Record<string, unknown>)[name]].flat() : [];
}

/** A prefix is the document's own choice. */
function localName(name: string): string {
  return name.trim().split(":").at(-1) ?? "";
}

/** XML 1.0 §4.6, and characters by their number (§4.1). */
function withPredefinedEntities(text: string): string {
  return text.replace(/&(?:(lt|gt|amp|apos|quot)|#(\d{1,7})|#x([\da-f]{1,6}));/gi, (mark, name, decimal, hex) => {
    if (name !== undefined) return PREDEFINED[name.toLowerCase()] ?? mark;
    const code = Number.parseInt(decimal ?? hex, decimal === undefined ? 16 : 10);
    return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : mark;
  });
}

const PREDEFINED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", apos: "'", quot: '"' };

const LAST_CODE_POINT = 0x10ffff;
