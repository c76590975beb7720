import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publishes one inspection: java -cp "kafka-clients and what it needs" PublishInspection.java (KAFKA_BROKERS is set) */
public class PublishInspection {
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", System.getenv("KAFKA_BROKERS"));
        settings.put("acks", "all");
        settings.put("enable.idempotence", "true");
        settings.put("compression.type", "lz4");
        Instant now = Instant.now();
        String lot = "LOT-JAVA";
        String event = """
            {"event_id": "%s", "lot_id": "%s", "chip_id": "W01-3-4", "inspection_type": "electrical",
             "status": "completed", "result": "pass", "occurred_at": "%s", "equipment_id": "TESTER-3",
             "measurements": [{"name": "gate_cd", "value": 28.4, "unit": "nm"}]}
            """.formatted(newId(now), lot, now);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            // The key keeps the events of a lot in order. Waiting for the answer shows what the broker refuses.
            var stored = producer.send(new ProducerRecord<>("inspection.results.v1", lot, event)).get();
            System.out.println("stored at " + stored.topic() + "/" + stored.partition() + "/" + stored.offset());
        }
    }

    /** A UUID v7: time first, so that the ids of a day lie together. Keep it, to send the same event again. */
    static UUID newId(Instant at) {
        ByteBuffer random = ByteBuffer.allocate(16);
        new SecureRandom().nextBytes(random.array());
        long high = at.toEpochMilli() << 16 | 0x7000 | random.getShort(6) & 0x0fff;
        long low = random.getLong(8) & 0x3fffffffffffffffL | 0x8000000000000000L;
        return new UUID(high, low);
    }
}
