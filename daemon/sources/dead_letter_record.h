#pragma once
// A record of a dead-letter topic, as the record that it tells of: a topic with `dead_letters: true` is read back in, once a
// catalogue, a setting or a version has come that understands what was refused. Pure.
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

struct RevivedRecord {
    std::string bytes;
    std::optional<EventTime> arrival;  // when it first came to Kafka, where the letter says so
};

/// Nothing when there is nothing to read again: a letter without its bytes (`payload: none`), a document that a sink refused, a
/// record that was used in spite of what was wrong with it.
std::optional<RevivedRecord> revive(std::string_view letter);

}  // namespace culprit
