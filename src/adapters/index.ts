/**
 * `faucet-auth/adapters`: the hooks of clients that take neither a fetch nor an undici dispatcher, one
 * function each. Their types are structural: no client is a dependency.
 */

export { tokenFunction } from "./token-function.js";
