#pragma once
// A canary: a record that culprit itself writes into an input topic, to see whether records come through end to end. Clearly
// marked, so that whoever else reads the topic can pass it over. It has to pass the literal filter like an error; then it is
// neither counted, nor decoded as an entry, nor does it move event time: it changes nothing but what the signal log says of the
// newest canary (WatermarkUpdate::canary).
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

/// `{"culprit_canary":1795177520148000,"@timestamp":"2026-…","level":"info","message":"…"}`
std::string canary_record(EventTime produced);

/// When it was produced; nothing of a record that is no canary. Quick: looks at the record's beginning alone.
std::optional<EventTime> canary_produced(std::string_view bytes);

}  // namespace culprit
