/**
 * `faucet-auth/store-conformance`: what every token store must do, as cases for any test framework. For people who
 * write a store for a database of their own.
 */

export {
  type StoreConformanceCase,
  type StoreConformanceOptions,
  storeConformance,
} from "./store-conformance.js";
