import java.time.Instant;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Publishes samples with every compression of the Java client, with and without transactions, of which every second one is
 * aborted. The service of a sample says how it was sent. Variables such as CLIENT_BOOTSTRAP_SERVERS are settings of the client.
 */
public class JavaProducer {
    static final int SAMPLES = 2_000;
    static final Instant NOW = Instant.now();

    public static void main(String[] args) {
        for (String compression : new String[] {"none", "gzip", "snappy", "lz4", "zstd"}) {
            try (KafkaProducer<String, String> producer = producer(compression, null)) {
                send(producer, compression, 0);
            }
            try (KafkaProducer<String, String> producer = producer(compression, "e2e-java-" + compression + NOW)) {
                producer.initTransactions();
                for (int transaction = 0; transaction < 4; transaction++) {
                    producer.beginTransaction();
                    if (transaction % 2 == 0) {
                        send(producer, compression + "-committed", transaction * SAMPLES);
                        producer.commitTransaction();
                    } else {
                        send(producer, compression + "-aborted", transaction * SAMPLES);
                        producer.flush();
                        producer.abortTransaction();
                    }
                }
            }
        }
    }

    static KafkaProducer<String, String> producer(String compression, String transactionalId) {
        Properties settings = new Properties();
        System.getenv().forEach((name, value) -> {
            if (name.startsWith("CLIENT_")) {
                settings.put(name.substring("CLIENT_".length()).toLowerCase().replace('_', '.'), value);
            }
        });
        settings.put("compression.type", compression);
        // Batches of several blocks of LZ4 and several chunks of Snappy.
        settings.put("batch.size", 500_000);
        settings.put("linger.ms", 50);
        if (transactionalId != null) {
            settings.put("transactional.id", transactionalId);
        }
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static void send(KafkaProducer<String, String> producer, String service, int from) {
        for (int i = from; i < from + SAMPLES; i++) {
            String sample = """
                {"time": "%s", "service_name": "java-%s", "metric_name": "m%d", "metric_value": %d, "host": "h%d"}
                """.formatted(NOW.minusMillis(i), service, i % 7, i, i % 5);
            producer.send(new ProducerRecord<>("telemetry.samples.v1", "key-" + i % 8, sample));
        }
    }
}
