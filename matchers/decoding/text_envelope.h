#pragma once
// Envelopes that are not JSON: CRI lines (`2026-11-20T11:20:51.852152000Z stderr F text`), syslog as RFC 3164, RFC 5424 and
// `journalctl -o short-iso` write it, with `#012` for a line break as rsyslog escapes it.
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

struct TextEnvelope {
    std::string payload;
    std::string stream, host;
    std::optional<EventTime> time;
    bool partial = false;
};

std::optional<TextEnvelope> peel_text_envelope(std::string_view line, std::optional<EventTime> near);

}  // namespace culprit
