#include "daemon/dead_letters.h"

#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "daemon/base64.h"
#include "daemon/kafka_client.h"
#include "matchers/signal.h"

namespace culprit {

namespace {

/// One dead letter as it is written.
struct Line {
    std::string key, json;
};

constexpr int kDeliveryPatience = 30'000;  // milliseconds

/// Counts what the broker refused.
void note_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err) *static_cast<rd_kafka_resp_err_t*>(opaque) = message->err;
}

}  // namespace

struct DeadLetters::State {
    DeadLetterSettings settings;
    int file = -1;
    // Before the producer: its delivery reports point here until it is gone.
    rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    KafkaClient producer;

    ~State() {
        if (file >= 0) ::close(file);
    }
    Result<Done> write(const std::vector<Line>& lines);
    Result<Done> to_file(const std::vector<Line>& lines);
    Result<Done> to_topic(const std::vector<Line>& lines);
};

std::string origin_of(const DeadLetter& letter) {
    const InputPartition& input = letter.source.input;
    return std::string(to_string(input.type)) + ":" + input.name + ":" + std::to_string(input.partition) + ":" +
           std::to_string(letter.source.offset.value);
}

std::string to_json_line(const KeptLetter& kept, bool raw) {
    const DeadLetter& letter = kept.letter;
    const InputPartition& input = letter.source.input;
    nlohmann::ordered_json source{{"type", to_string(input.type)}, {"name", input.name}};
    if (input.type == SourceType::kafka) source["partition"] = input.partition;
    source["offset"] = letter.source.offset.value;
    if (letter.source.line) source["line"] = *letter.source.line;
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(letter.hash));
    nlohmann::ordered_json json{
        {"reason", letter.reason}, {"explanation", letter.explanation}, {"hash", hash}, {"source", source}};
    if (raw) {
        json["raw"] = to_base64(letter.raw);
        if (kept.origin.timestamp) json["timestamp"] = *kept.origin.timestamp;
        for (const auto& [name, value] : kept.origin.headers)
            json["headers"].push_back({{"name", name}, {"value", to_base64(value)}});
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Done> DeadLetters::State::to_file(const std::vector<Line>& letters) {
    std::string lines;
    for (const Line& letter : letters) lines += letter.json + "\n";
    const auto failed = [&] {
        return Error{"the dead letters cannot be written to " + settings.file + ": " + std::strerror(errno)};
    };
    for (std::size_t written = 0; written < lines.size();) {
        const ssize_t count = ::write(file, lines.data() + written, lines.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed();
        written += static_cast<std::size_t>(count);
    }
    // A pipe or a terminal has nothing to sync.
    if (::fdatasync(file) != 0 && errno != EINVAL && errno != EROFS) return failed();
    return Done{};
}

Result<Done> DeadLetters::State::to_topic(const std::vector<Line>& lines) {
    refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    const auto failed = [&](rd_kafka_resp_err_t error) {
        return Error{"the dead letters cannot be written to the topic " + settings.topic + ": " + rd_kafka_err2str(error)};
    };
    for (const auto& [key, line] : lines) {
        while (true) {
            const auto error = rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(settings.topic.c_str()),
                                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                                                 RD_KAFKA_V_VALUE(const_cast<char*>(line.data()), line.size()), RD_KAFKA_V_END);
            if (!error) break;
            if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return failed(error);
            rd_kafka_poll(producer.get(), 100);
            if (refused) return failed(refused);
        }
    }
    if (const auto error = rd_kafka_flush(producer.get(), kDeliveryPatience)) {
        rd_kafka_purge(producer.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        return failed(error);
    }
    if (refused) return failed(refused);
    return Done{};
}

DeadLetters::DeadLetters(std::unique_ptr<State> state) : state_(std::move(state)) {}
DeadLetters::~DeadLetters() = default;

Result<std::unique_ptr<DeadLetters>> DeadLetters::open(const DeadLetterSettings& settings) {
    auto state = std::make_unique<State>();
    state->settings = settings;
    if (!settings.file.empty()) {
        state->file = ::open(settings.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (state->file < 0) return Error{"dead_letter.file " + settings.file + " cannot be opened: " + std::strerror(errno)};
    }
    if (!settings.topic.empty()) {
        KafkaProperties properties = settings.properties;
        properties.emplace("enable.idempotence", "true");
        properties.emplace("delivery.timeout.ms", std::to_string(kDeliveryPatience));
        rd_kafka_resp_err_t* refused = &state->refused;
        auto producer = make_kafka_client(KafkaRole::producer, settings.brokers, properties, [refused](rd_kafka_conf_t* conf) {
            rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
            rd_kafka_conf_set_opaque(conf, refused);
        });
        if (!producer) return Error{"dead_letter.kafka: " + producer.error().message};
        state->producer = std::move(producer).value();
    }
    return std::unique_ptr<DeadLetters>(new DeadLetters(std::move(state)));
}

Result<Done> DeadLetters::State::write(const std::vector<Line>& lines) {
    if (file >= 0) return to_file(lines);
    if (producer) return to_topic(lines);
    for (const Line& line : lines) spdlog::warn("dead letter (no dead_letter is configured): {}", line.json);
    return Done{};
}

Result<Done> DeadLetters::write(std::span<const KeptLetter> letters) {
    if (letters.empty()) return Done{};
    const bool kept = state_->file >= 0 || state_->producer;
    std::vector<Line> lines;
    for (const KeptLetter& letter : letters)
        lines.push_back({origin_of(letter.letter), to_json_line(letter, state_->settings.raw && kept)});
    return state_->write(lines);
}

Result<Done> DeadLetters::write(const IncidentDocument& document, std::string_view sink, std::string_view reason) {
    nlohmann::ordered_json json{{"reason", "rejected_by_sink"},
                                {"explanation", reason},
                                {"sink", sink},
                                {"id", document.id},
                                {"version", document.version}};
    json["document"] = nlohmann::ordered_json::parse(document.json, nullptr, false);
    return state_->write({{"document:" + document.id, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}});
}

}  // namespace culprit
