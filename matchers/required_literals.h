#pragma once
// The literals that every match of a pattern must contain, fit for the filter over raw bytes: cut to runs that no JSON encoder
// escapes (`\"`, `\/`, Go's and .NET's `\u0027`), so that a match inside an escaped JSON string still holds them.
#include <string>
#include <string_view>
#include <vector>

#include "matchers/result.h"

namespace culprit {

/// Of a regular expression (Latin-1), by RE2's FilteredRE2: the rarest set found of which every match holds at least one.
/// An Error says that there is none: such a pattern cannot be filtered for.
Result<std::vector<std::string>> required_literals(const std::string& expression, bool case_sensitive = true);

/// The same for decoded text, where nothing is escaped: runs of printable ASCII of three bytes or more. Nothing when there are
/// none; then every text has to be tried.
std::vector<std::string> needed_texts(const std::string& expression);

/// Of a text that a match holds as it stands: its best run, in all the ways in which a log may write it (as it is; for a run that
/// is not ASCII also as `\u0434…`). Empty when it has no run of three bytes.
std::vector<std::string> literals_of_text(std::string_view text);

/// How rare a text is likely to be: the length of its best run.
std::size_t rarity(std::string_view text);

/// Of a JSON string value, plain or within an escaped JSON string, with or without a space behind the colon.
std::vector<std::string> literals_of_value(std::string_view value);

}  // namespace culprit
