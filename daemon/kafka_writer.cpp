#include "daemon/kafka_writer.h"

#include <librdkafka/rdkafka.h>

#include <utility>

namespace culprit {

namespace {

constexpr int kDeliveryPatience = 15'000;  // milliseconds

void note_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err) *static_cast<int*>(opaque) = message->err;
}

}  // namespace

Result<Done> KafkaWriter::open() {
    if (producer_) return Done{};
    KafkaProperties properties = properties_;
    properties["enable.idempotence"] = "true";
    properties["delivery.timeout.ms"] = std::to_string(kDeliveryPatience);
    properties.emplace("message.max.bytes", "8388608");
    auto made = make_kafka_client(KafkaRole::producer, brokers_, properties, [&](rd_kafka_conf_t* conf) {
        rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
        rd_kafka_conf_set_opaque(conf, &refused_);
    });
    if (!made) return made.error();
    producer_ = std::move(made).value();
    return Done{};
}

Result<Done> KafkaWriter::produce(const std::string& topic, int partition, const KafkaRecord& record) {
    if (const auto opened = open(); !opened) return opened;
    char* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
    const std::size_t size = record.value ? record.value->size() : 0;
    while (true) {
        rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
        for (const auto& [name, text] : record.headers)
            rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), text.data(),
                                static_cast<ssize_t>(text.size()));
        const auto error =
            rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                              RD_KAFKA_V_VALUE(value, size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        if (!error) return Done{};
        rd_kafka_headers_destroy(headers);  // taken over only by a success
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return Error{"the topic " + topic + " cannot be written: " + rd_kafka_err2str(error)};
        rd_kafka_poll(producer_.get(), 100);
    }
}

Result<Done> KafkaWriter::flush() {
    if (!producer_) return Done{};
    auto error = rd_kafka_flush(producer_.get(), kDeliveryPatience + 1'000);
    const int refused = std::exchange(refused_, 0);
    if (!error) error = static_cast<rd_kafka_resp_err_t>(refused);
    if (!error) return Done{};
    producer_.reset();  // with all that it still holds: the caller writes it again
    refused_ = 0;
    return Error{std::string("Kafka does not take what was written: ") + rd_kafka_err2str(error)};
}

}  // namespace culprit
