#pragma once
// The composable index templates of the monthly indices: explicit mappings for every field of the documents (docs/incidents.md,
// docs/changes.md), so that a stray field can neither be refused nor grow the mapping. Pure.
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace culprit {

/// The body of `PUT _index_template/<index>`: indices `<index>-*`, read through the alias `<index>`.
nlohmann::json incident_index_template(std::string_view index);
/// The same of the changes' indices.
nlohmann::json change_index_template(std::string_view index);

/// What is still to be put so that the server has `wanted`, when it answers `GET _index_template/<index>` with `answer`; nothing
/// when it has it all. Settings and aliases that stand there stay, whatever `wanted` says: the lifecycle that `culprit setup
/// elasticsearch` put there, and what an operator chose.
std::optional<nlohmann::json> template_update(const nlohmann::json& wanted, const nlohmann::json& answer);

/// Whether all of `wanted` stands on the server, which may add to it (defaults, times), says numbers and booleans as text, and
/// leaves out `"type": "object"` where properties say as much.
bool holds(const nlohmann::json& standing, const nlohmann::json& wanted);

}  // namespace culprit
