package io.regroup.kube;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** What the leader asks of the API server, of one that answers what each test tells it to. */
@Timeout(20)
abstract class LeaderApiTest {

    FakeApi api;
    LeaderApi leader;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        leader = new LeaderApi(api.settings());
    }

    @AfterEach
    void stop() {
        leader.close();
        api.close();
    }
}
