#pragma once
// Where records go that could not be decoded. Written and safe before the commit that lets their position pass, so a crash in
// between writes them twice: readers tell them apart by their origin (input, partition, offset). Owned by one thread; several may
// stand on one file or topic.
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/correlator.h"
#include "daemon/kept_letter.h"
#include "matchers/result.h"

namespace culprit {

struct DeadLetterSettings {
    std::string file;                               // path of an NDJSON file; empty: none
    std::string topic;                              // a Kafka topic; empty: none
    std::vector<std::string> brokers;               // of the topic
    std::map<std::string, std::string> properties;  // librdkafka's, of the producer
    bool raw = false;  // `payload: raw`: the original bytes too, and Kafka's timestamp and headers. They hold values
};

/// Where it came from, `kafka:topic:partition:offset`: what tells letters written twice apart.
std::string origin_of(const DeadLetter& letter);

/// One JSON object, no line break. Bytes and headers' values are base64, since they may be anything, and are left out unless
/// `raw`.
std::string to_json_line(const KeptLetter& letter, bool raw);

class DeadLetters {
   public:
    static Result<std::unique_ptr<DeadLetters>> open(const DeadLetterSettings& settings);
    ~DeadLetters();

    /// Returns when all of them are safe. After an Error any number of them may have been written.
    Result<Done> write(std::span<const KeptLetter> letters);

    /// A document that a sink's server will never take; it is redacted, so it is written whole.
    Result<Done> write(const IncidentDocument& document, std::string_view sink, std::string_view reason);

   private:
    struct State;
    explicit DeadLetters(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace culprit
