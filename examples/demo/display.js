/** What the demo shows: a table that lives while it runs in a terminal, and the sentence at the end. */

/**
 * @typedef {import("./connector.js").Connector} Connector
 * @typedef {import("./openid-provider.js").OpenIdProvider} OpenIdProvider
 */

const ROW = [12, 10, 6, 13];

/** The table, as lines. @param {readonly Connector[]} connectors @param {OpenIdProvider["seen"]} seen */
export function table(connectors, seen) {
  const rows = connectors.map(({ table: name, requests, refused, tokens, failure }) => {
    return row([name, requests, refused, tokens.size]) + (failure === undefined ? "" : `  ${failure}`);
  });
  return [
    row(["connector", "requests", "401s", "tokens seen"]),
    ...rows,
    "",
    `IdP: ${[
      count(seen.tokenRequests, "token request"),
      `${count(seen.reuses, "refresh token")} presented twice`,
      `${count(seen.revokedGrants, "grant")} revoked`,
    ].join(", ")}`,
  ];
}

/** Redraws the table in place, several times a second, until it is stopped. @param {() => string[]} lines */
export function showLive(lines) {
  if (!process.stdout.isTTY) return () => {};
  let drawn = 0;
  const draw = () => {
    // A terminal that does not say its width says 0.
    const width = process.stdout.columns || undefined;
    const text = lines().map((line) => `\u001b[2K${line.slice(0, width)}\n`);
    process.stdout.write((drawn > 0 ? `\u001b[${drawn}A` : "") + text.join(""));
    drawn = text.length;
  };
  const timer = setInterval(draw, 150);
  return () => {
    clearInterval(timer);
    draw();
  };
}

/** What the run has shown. @param {readonly Connector[]} connectors @param {OpenIdProvider["seen"]} seen @param {boolean} shared */
export function conclusion(connectors, seen, shared) {
  const sum = (/** @type {(connector: Connector) => number} */ of) =>
    connectors.reduce((total, one) => total + of(one), 0);
  const failed = sum((connector) => connector.failed);
  const alive = seen.revokedGrants === 0 && seen.reuses === 0;
  const apart = sum((connector) => connector.tokens.size);
  const requests = count(
    sum((connector) => connector.requests),
    "request",
  );
  const refusals = count(
    sum((connector) => connector.refused),
    "401",
  );
  const tokenRequests = count(seen.tokenRequests, "token request");
  const run = `${count(connectors.length, "connector")} made ${requests} and saw ${refusals}.`;
  const cost = shared
    ? `They shared one provider: ${tokenRequests}, where a provider each would have needed ${apart}.`
    : `They had a provider each: ${tokenRequests}, nearly all with a refresh token that another had spent; the first of those revoked the grant.`;
  const end = alive
    ? "The grant is alive."
    : `The grant is dead: ${failed} of ${connectors.length} connectors stopped.`;
  return { text: `${run}\n${cost}\n${end}`, succeeded: alive && failed === 0 };
}

/** @param {number} n @param {string} thing */
function count(n, thing) {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

/** @param {readonly (string | number)[]} cells */
function row(cells) {
  return cells
    .map((cell, column) =>
      column === 0 ? String(cell).padEnd(ROW[column] ?? 0) : String(cell).padStart(ROW[column] ?? 0),
    )
    .join("");
}
