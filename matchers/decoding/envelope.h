#pragma once
// What shippers and container runtimes wrap around a log line: Filebeat, Fluent Bit, Vector, Logstash, CloudWatch, Google Cloud
// and journald in JSON, Docker's json-file, CRI lines, syslog. Envelopes may lie in each other; they are peeled off to a depth of
// four.
//
// An application's own JSON (level, error…) is never an envelope, even where a shipper merged its fields into it
// (`json.keys_under_root`): then the record is its own payload, and says its stream and scope itself.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"
#include "matchers/record.h"

namespace culprit {

enum class PayloadShape {
    text,         // a line, or part of one
    json,         // one JSON object, complete in itself
    broken_json,  // begins like a JSON object and is none
};

struct Peeled {
    std::string payload;
    PayloadShape shape = PayloadShape::text;
    std::string stream;             // host and path, or container; empty without an envelope that tells
    std::optional<EventTime> time;  // the outermost envelope's
    Scope scope;                    // what the envelopes say; the outer ones win
    bool enveloped = false;
    bool partial = false;  // the runtime split the line: the next record of the stream goes on with it
    bool repaired_utf8 = false;
    bool had_nul = false;
};

/// The runtime says of these raw bytes that their line goes on in the next record (CRI's `P`, Docker's missing line break): what
/// the filter looks for may lie across the cut.
bool may_be_cut(std::string_view bytes);

/// Owns the JSON parser's buffers; one thread.
class EnvelopePeeler {
   public:
    EnvelopePeeler();
    ~EnvelopePeeler();
    EnvelopePeeler(EnvelopePeeler&&) noexcept;
    EnvelopePeeler& operator=(EnvelopePeeler&&) noexcept;

    /// `arrival` helps with times that lack their year.
    Peeled peel(std::string_view bytes, std::optional<EventTime> arrival);

   private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace culprit
