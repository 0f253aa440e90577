#pragma once
// An incident's errors over time as an SVG image, with the first error, the candidate changes before and after it, and what ended
// it. Drawn by the server, so that it is there without a script; positions are percentages, so that it fits any width with
// readable letters.
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace culprit {

/// `document` as INTERFACE.md says of an incident. Empty when it has no histogram. All text in it is escaped.
std::string rate_chart(const nlohmann::json& document);

/// Bars in the full width of the page, without marks.
std::string curve(const std::vector<std::uint64_t>& counts);

/// Bars alone, in the height of a line of text; empty when there is nothing to draw.
std::string sparkline(const std::vector<std::uint64_t>& counts);

}  // namespace culprit
