/**
 * `faucet-auth/broker`: shares the providers of a catalog with other processes of the machine, whatever they are written in, over
 * HTTP on a Unix socket (L4). For Node.
 */

export type { BrokerCatalog, BrokerOptions, BrokerTcpOptions } from "./broker-options.js";
export { type Broker, serveBroker } from "./serve-broker.js";
