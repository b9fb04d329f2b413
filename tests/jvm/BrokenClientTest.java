import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Fails on purpose. It uses the server of PriceClientTest. */
class BrokenClientTest {
    @Test
    void messageNobodyExpects() throws Exception {
        try (MockServer.Mock mock = PriceClientTest.server.newMock()) {
            mock.endpoint("""
                    {"name": "prices", "path": "/prices", "unmatched": "strict",
                     "rules": [{"match": {"json": {"$.type": "subscribed"}}, "do": ["ignore"]}]}
                    """);
            new PriceClient().connect(mock.url("/prices"));
            mock.waitFor("{\"kind\": \"close\"}", Duration.ofSeconds(5));
            mock.check();
        }
    }

    @Test
    void definitionIsNotValid() {
        try (MockServer.Mock mock = PriceClientTest.server.newMock()) {
            mock.endpoint("{\"path\": \"/prices\", \"rule\": []}");
        }
    }

    @Test
    void argumentIsNotValid() {
        try (MockServer.Mock mock = PriceClientTest.server.newMock()) {
            mock.waitFor("{\"kid\": \"close\"}", Duration.ofSeconds(5));
        }
    }
}
