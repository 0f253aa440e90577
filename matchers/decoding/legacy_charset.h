#pragma once
// Text of databases that are not UTF-8: the server writes a session's lines in its database's encoding, whatever the log's is
// (manual, 24.3 "Character Set Support"). Sets: EUC_JP, EUC_KR, EUC_CN, WIN1251, KOI8R and LATIN1.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// `bytes`, which are not valid UTF-8, as UTF-8: read in the set in which they are most likely to be words. Nothing when they are
/// rather damaged UTF-8, or bytes of no set. A guess: short texts may be read in the wrong set, and alike each time.
std::optional<std::string> from_legacy_charset(std::string_view bytes);

/// The bytes of a UTF-8 text in each set that has all of its characters and is not read as ASCII or LATIN1.
std::vector<std::string> in_legacy_charsets(std::string_view utf8);

}  // namespace culprit
