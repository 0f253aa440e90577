#pragma once
// Loggers' words and numbers for how bad something is, in one spelling.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`, `fatal`, `panic`, `log`; a word that is none comes back in
/// lower case, at most 32 bytes of it.
std::string normalized_level(std::string_view word);

/// A level's word, in any case, alone: nothing for a word that is none.
std::optional<std::string_view> known_level(std::string_view word);

/// pino's and bunyan's 10 to 60, syslog's 0 to 7.
std::string level_of_number(std::int64_t number);

}  // namespace culprit
