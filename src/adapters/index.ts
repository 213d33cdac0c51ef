/**
 * `faucet-auth/adapters`: the hooks of clients that take neither a fetch nor an undici dispatcher, one
 * function each. Their types are structural: no client is a dependency.
 */

export { type AwsToken, type AwsTokenProvider, awsToken } from "./aws.js";
export {
  type AzureAbortSignal,
  type AzureCredential,
  type AzureCredentialOptions,
  type AzureToken,
  type AzureTokenOptions,
  azureCredential,
} from "./azure.js";
export { type CurrentToken, currentToken } from "./current-token.js";
export { type GoogleToken, googleRefreshHandler } from "./google.js";
export { type GrpcCredentials, type GrpcInterceptor, grpcCredentials, grpcInterceptor } from "./grpc.js";
export { headersFunction } from "./headers-function.js";
export { type KafkaOptions, type KafkaToken, kafkaOauthBearer } from "./kafka.js";
export { type MongoOidcParams, type MongoOidcToken, mongoOidc } from "./mongodb.js";
export { type Neo4jToken, type Neo4jTokenManager, neo4jTokenManager } from "./neo4j.js";
export { onToken, type UseToken } from "./on-token.js";
export { type RedisCredentials, type RedisCredentialsOptions, type RedisLogin, redisCredentials } from "./redis.js";
export { type JsforceRefresh, jsforceRefresh } from "./salesforce.js";
export { type SmtpProvisionCallback, smtpXoauth2 } from "./smtp.js";
export { tokenFunction } from "./token-function.js";
