#include "matchers/canary.h"

#include <charconv>

#include "matchers/decoding/timestamp.h"
#include "matchers/log_entry_json.h"

namespace culprit {

namespace {

constexpr std::string_view kMark = R"({"culprit_canary":)";
constexpr std::size_t kLongest = 256;

}  // namespace

std::string canary_record(EventTime produced) {
    return std::string(kMark) + std::to_string(to_micros(produced)) + R"(,"@timestamp":")" + to_rfc3339(produced) +
           R"(","level":"info","message":"a canary of culprit's: it shows that records come through, and is no error"})";
}

std::optional<EventTime> canary_produced(std::string_view bytes) {
    if (bytes.size() > kLongest || !bytes.starts_with(kMark) || !bytes.ends_with('}')) return {};
    bytes.remove_prefix(kMark.size());
    std::int64_t micros = 0;
    const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), micros);
    if (error != std::errc{} || end == bytes.data() + bytes.size() || *end != ',') return {};
    // Whoever may write to the topic may write this, too: a time that cannot be is no canary's.
    const auto produced = epoch_time(micros);
    if (!produced || to_micros(*produced) != micros) return {};
    return produced;
}

}  // namespace culprit
