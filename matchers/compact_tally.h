#pragma once
// A tally as bytes: what the signal log holds most of, and what a fold spends its time on reading.
//
//   0x02 version  then the fields in the order of their declaration: numbers as LEB128, signed ones zigzag, times in
//   microseconds, texts with their length in front, lists with their count; sketches' hashes as eight bytes each, least first
#include <optional>
#include <string>
#include <string_view>

#include "matchers/log_entry.h"

namespace culprit {

/// An entry as the signal log holds it: tallies, of which there are many, like this; everything else as `encode` writes it.
/// `decode_log_entry` reads either.
std::string encode_compact(const LogEntry& entry);

/// Without its links.
std::string compact(const Tally& tally);
/// Tells it from JSON.
bool is_compact_tally(std::string_view bytes);
/// Nothing when the bytes are not whole, or of another version.
std::optional<Tally> read_compact_tally(std::string_view bytes);

}  // namespace culprit
