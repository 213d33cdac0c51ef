/** The workload whose tokens some servers take: a job of GitHub Actions. */

import { inject } from "vitest";

/** What it has in its environment. */
export const environment: Readonly<Record<string, string>> = inject("workload");

/** A new token of it, as a job asks for one. */
export async function workloadToken(audience: string): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = environment;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}&audience=${encodeURIComponent(audience)}`, { headers });
  return ((await answer.json()) as { value: string }).value;
}
