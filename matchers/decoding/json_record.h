#pragma once
// One JSON object that an application, a deployment tool or PostgreSQL's jsonlog wrote. Field names are those of ECS, logstash,
// python-json-logger, structlog, pino, bunyan, winston, zap, zerolog, slog, logrus, log4j2, tracing, monolog and Serilog.
#include <memory>
#include <optional>
#include <string_view>

#include "matchers/record.h"

namespace culprit {

struct DecodedJson {
    Record record;
    bool empty_message = false;      // it has a message field, and that is empty
    bool unknown_timestamp = false;  // it has a time field that cannot be understood, and none that can
};

/// Owns the JSON parser's buffers; one thread.
class JsonDecoder {
   public:
    JsonDecoder();
    ~JsonDecoder();
    JsonDecoder(JsonDecoder&&) noexcept;
    JsonDecoder& operator=(JsonDecoder&&) noexcept;

    /// Nothing when `text` is no JSON object. `near` as for `parse_timestamp`.
    std::optional<DecodedJson> decode(std::string_view text, std::optional<EventTime> near);

   private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace culprit
