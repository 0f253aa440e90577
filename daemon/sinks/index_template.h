#pragma once
// The composable index template of the incidents' monthly indices: explicit mappings for every field of INTERFACE.md's incident,
// so that a stray field can neither be refused nor grow the mapping.
#include <string>
#include <string_view>

namespace culprit {

/// The body of `PUT _index_template/<index>`: indices `<index>-*`, read through the alias `<index>`.
std::string incident_index_template(std::string_view index);
/// The same of the changes' indices (docs/changes.md).
std::string change_index_template(std::string_view index);

}  // namespace culprit
