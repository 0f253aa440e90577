#pragma once
// A whole entry → a Record, or the reason why there is none.
#include <vector>

#include "matchers/decoding/json_record.h"
#include "matchers/decoding/open_entry.h"
#include "matchers/matcher.h"

namespace culprit {

/// What became of one entry that passed the filter.
struct DecodedEntry {
    std::uint64_t trigger = 0, joined_through = 0;
    Offset trigger_offset;
    std::string trigger_bytes;
    std::optional<EventTime> arrived;  // by the envelope or by Kafka
    std::optional<EventTime> last;     // record time of its last line
    std::optional<Record> record;
    std::vector<Record> others;  // of a record that holds many events
    bool empty_message = false;
    std::vector<DeadLetter> dead_letters;
    MatcherCounters counters;  // decoded, undecodable, repaired_utf8, assemblies_cut
};

/// Reasons of dead letters: labels of a metric.
namespace dead_letter {
inline constexpr std::string_view kTooLarge = "record_too_large";
inline constexpr std::string_view kBrokenJson = "broken_json";
inline constexpr std::string_view kBrokenCsvlog = "broken_csvlog";
inline constexpr std::string_view kNul = "nul_byte";
inline constexpr std::string_view kUnknownTimestamp = "unknown_timestamp";
inline constexpr std::string_view kRepairedUtf8 = "invalid_utf8_repaired";
inline constexpr std::string_view kEmptyMessage = "empty_message";
}  // namespace dead_letter

DeadLetter make_dead_letter(const SourcePosition& source, std::string_view reason, std::string_view bytes);

/// One thread.
class EntryDecoder {
   public:
    explicit EntryDecoder(const std::map<std::string, std::string>& labels) : labels_(labels) {}

    DecodedEntry decode(OpenEntry&& entry, LineShaper& shaper);

   private:
    std::optional<Record> decode_text(const OpenEntry& entry, LineShaper& shaper);
    void decode_json(const OpenEntry& entry, std::string_view text, DecodedEntry& decoded);
    void complete(Record& record, const OpenEntry& entry) const;

    std::map<std::string, std::string> labels_;
    JsonDecoder json_;
    EnvelopePeeler peeler_;
};

}  // namespace culprit
