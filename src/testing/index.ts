/**
 * `faucet-auth/testing`: a provider and an identity provider that a test tells what to do. For people who write connectors,
 * and for our own tests.
 */

export {
  type FakeIdp,
  type FakeIdpAnswer,
  type FakeIdpFailure,
  type FakeIdpOptions,
  type FakeIdpRequest,
  type FakeIdpResponse,
  startFakeIdp,
} from "./fake-idp.js";
export { type FakeProvider, type FakeProviderOptions, fakeProvider } from "./fake-provider.js";
