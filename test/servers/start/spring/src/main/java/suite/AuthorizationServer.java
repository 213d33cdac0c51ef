package suite;

import java.time.Duration;
import java.util.List;
import org.apache.catalina.connector.Connector;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.security.crypto.password.NoOpPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.JwsAlgorithm;
import org.springframework.security.oauth2.jose.jws.MacAlgorithm;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;

/** Spring Authorization Server as Spring Boot configures it, with the clients of the suite, and over HTTP beside HTTPS. */
@SpringBootApplication
@EnableConfigurationProperties(AuthorizationServer.Suite.class)
public class AuthorizationServer {

  @ConfigurationProperties("suite")
  public record Suite(
      int port, int accessTokenSeconds, String redirectUri, String clientJwksUrl, String tlsClient, List<Client> clients) {}

  public record Client(String clientId, String clientSecret, String tokenEndpointAuthMethod, boolean keepsRefreshToken) {}

  public static void main(String[] args) {
    SpringApplication.run(AuthorizationServer.class, args);
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> http(Suite suite) {
    var connector = new Connector();
    connector.setPort(suite.port());
    connector.setProperty("address", "127.0.0.1");
    return factory -> factory.addAdditionalConnectors(connector);
  }

  /** Secrets stand as they are: the default would replace them by hashes that take a tenth of a second for each request. */
  @Bean
  @SuppressWarnings("deprecation")
  PasswordEncoder passwords() {
    return NoOpPasswordEncoder.getInstance();
  }

  @Bean
  RegisteredClientRepository clients(Suite suite) {
    return new InMemoryRegisteredClientRepository(
        suite.clients().stream().map(client -> registered(client, suite)).toList());
  }

  private static RegisteredClient registered(Client client, Suite suite) {
    var method = new ClientAuthenticationMethod(client.tokenEndpointAuthMethod());
    return RegisteredClient.withId(client.clientId())
        .clientId(client.clientId())
        .clientSecret(client.clientSecret())
        .clientAuthenticationMethod(method)
        .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
        .authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
        .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
        .authorizationGrantType(AuthorizationGrantType.TOKEN_EXCHANGE)
        .redirectUri(suite.redirectUri())
        .scope("read")
        .scope("write")
        .clientSettings(ClientSettings.builder()
            .jwkSetUrl(suite.clientJwksUrl())
            .tokenEndpointAuthenticationSigningAlgorithm(algorithm(method))
            .x509CertificateSubjectDN(suite.tlsClient())
            .build())
        .tokenSettings(TokenSettings.builder()
            .accessTokenTimeToLive(Duration.ofSeconds(suite.accessTokenSeconds()))
            .reuseRefreshTokens(client.keepsRefreshToken())
            .build())
        .build();
  }

  private static JwsAlgorithm algorithm(ClientAuthenticationMethod method) {
    return method.equals(ClientAuthenticationMethod.CLIENT_SECRET_JWT) ? MacAlgorithm.HS256 : SignatureAlgorithm.ES256;
  }
}
